"""Sixty jobs against the vendor's real limits on a fast clock: no 429 of our own making, nothing paid twice.

CRASH_SEED sets where chance starts.
"""

import contextlib
import os
import random
import secrets
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from relay.generation.create_job import new_job
from relay.http.client import Http
from relay.intake.accept_queue import AcceptQueue
from relay.intake.refusals import RefusalCounter
from relay.models.connection import Route
from relay.models.core import ResultStatus
from relay.models.delivery import ClaimedDelivery
from relay.models.job import Job, JobStatus, Source
from relay.models.queue import QueueLimits
from relay.store.contract.core import Store
from relay.store.sqlite.store import SqliteStore
from relay.web.webhooks.creativeai import WebhookReceiver
from sandbox import API_KEY, SIGNING_SECRET, Config, Fault, Limits, Sandbox, serve
from tests.acceptance import queue_worker
from tests.acceptance.queue_worker import FASTER, SHEET, fast, make_queue
from tests.store.contract.make import drain
from tests.store.template import new_database
from tests.wire import forked, wait_until
from tests.wire.front import OnLoop, front

PATIENCE = 120.0


class CountingHttp(Http):
    """The way out, with a count of what was answered."""

    def __init__(self, sandbox: Sandbox) -> None:
        super().__init__(origin_map={"https://api.creativeai.run": sandbox.url})
        self.answers: Counter[int] = Counter()

    def send(self, *given: Any, **named: Any) -> Any:
        answer = super().send(*given, **named)
        self.answers[answer.status] += 1
        return answer


@dataclass
class Rig:
    """A sandbox and a store in one fast time; `relay` takes webhooks."""

    sandbox: Sandbox
    store: Store
    database: Path
    began: float
    relay: str
    faster: float = FASTER
    http: CountingHttp = field(init=False)

    def __post_init__(self) -> None:
        self.http = CountingHttp(self.sandbox)

    def now(self) -> int:
        return round(fast(self.began, self.faster)() * 1000)

    def ask(self, videos: int, voices: int = 0, images: int = 0) -> None:
        asked = [("text-to-video", {"prompt": f"Job {n}"}) for n in range(videos)]
        asked += [("voice", {"text": f"Job {videos + n}"}) for n in range(voices)]
        asked += [("image", {"prompt": f"Job {videos + voices + n}"}) for n in range(images)]
        self.store.create_jobs([new_job(k, w, source=Source.API) for k, w in asked], now=self.now())

    def jobs(self) -> list[Job]:
        return self.store.jobs(limit=1000)

    def done(self) -> bool:
        return all(job.status.is_final for job in self.jobs())

    def bookings(self) -> dict[str, int]:
        """How often CreativeAI was paid, by job."""
        return Counter(
            str(each.request.get("prompt") or each.request.get("text")) for each in self.sandbox.jobs
        )

    @contextlib.contextmanager
    def queue(
        self, limits: QueueLimits, *, calls_back: bool = False, store: Store | None = None
    ) -> Iterator[None]:
        """`store`: of a process of its own on the same database."""
        public_url = self.relay if calls_back else ""
        queue = make_queue(store or self.store, self.http, self.began, limits=limits, public_url=public_url)
        thread = threading.Thread(target=queue.run)
        thread.start()
        try:
            yield
        finally:
            queue.stop()
            thread.join()


@contextlib.contextmanager
def webhooks_at(store: Store) -> Iterator[str]:
    def elsewhere(_environ: Any, start: Any) -> list[bytes]:
        start("404 Not Found", [])
        return []

    queues: list[AcceptQueue] = []

    def receiver(pool: Executor, on_loop: OnLoop) -> WebhookReceiver:
        queues.append(AcceptQueue(store, on_loop))
        return WebhookReceiver(
            queues[0],
            secrets=Signed(),
            connections=ToSheet(),
            refusals=RefusalCounter(store),
            pool=pool,
            on_loop=on_loop,
        )

    with front(elsewhere, receiver) as served:
        yield f"http://127.0.0.1:{served.port}"
    queues[0].stop()


class Signed:
    def is_fresh(self) -> bool:
        return True

    def __call__(self) -> dict[str, bytes]:
        return {"CREATIVEAI_WEBHOOK_SECRET": SIGNING_SECRET.encode()}


class ToSheet:
    def is_fresh(self) -> bool:
        return True

    def connections(self) -> list[Route]:
        return [SHEET]


@contextlib.contextmanager
def rig(folder: Path, limits: Limits, faster: float = FASTER, *, store: Store | None = None) -> Iterator[Rig]:
    """`store`: on a database that is there; else SQLite's."""
    began = time.time()
    store = store or sqlite_store(folder / "relay.db")
    sandbox = serve(port=0, config=Config(keys={API_KEY: limits}, clock=fast(began, faster)))
    over = threading.Event()

    def keep_looking() -> None:
        while not over.wait(0.02):
            sandbox.wake()  # it sleeps by our seconds, which are many of its own

    ticking = threading.Thread(target=keep_looking)
    ticking.start()
    try:
        with webhooks_at(store) as relay:
            yield Rig(sandbox, store, folder / "relay.db", began, relay, faster)
    finally:
        over.set()
        ticking.join()
        sandbox.stop()
        store.close()


def sqlite_store(path: Path) -> SqliteStore:
    new_database(path)
    store = SqliteStore(path)
    store.migrate()
    return store


def completions(r: Rig) -> dict[str, int]:
    """Generation -> when CreativeAI had it done, in ms of the fast time."""
    return {each.id: round((each.created_at + 150) * 1000) for each in r.sandbox.jobs}


def test_sixty_jobs_keep_to_the_limits_and_pay_for_what_they_get(tmp_path: Path) -> None:
    with rig(tmp_path, Limits()) as r:
        r.ask(videos=30, voices=15, images=15)
        with r.queue(QueueLimits()):  # the requests a minute are learned from the headers
            wait_until(r.done, PATIENCE)
        assert {job.status for job in r.jobs()} == {JobStatus.COMPLETED}
        assert r.http.answers[429] == 0
        assert r.bookings() == {f"Job {n}": 1 for n in range(60)}
        said = {job.vendor_id: job.credits for job in r.jobs() if job.vendor_id and job.credits is not None}
        assert len(said) >= 45  # an image's answer names no credits
        assert said.items() <= {each.id: each.paid for each in r.sandbox.jobs}.items()


@pytest.mark.parametrize(("limits", "within"), [(Limits(), 60_000), (Limits(requests_per_minute=10), None)])
def test_without_any_webhook_every_result_is_found(
    tmp_path: Path, limits: Limits, within: int | None
) -> None:
    """No address is named, so nothing is told. On the free tier, ten requests a minute, it takes longer."""
    with rig(tmp_path, limits) as r:
        r.ask(videos=9)
        with r.queue(QueueLimits()):
            wait_until(r.done, PATIENCE)
        assert {(job.status, job.found_by) for job in r.jobs()} == {(JobStatus.COMPLETED, "recovered")}
        assert r.http.answers[429] == 0
        claimed = Counter(each.result_status for each in r.store.deliveries(limit=100))
        assert claimed == {"processing": 9, "completed": 9}
        ended = completions(r)
        late = [(job.settled_at or 0) - ended[job.vendor_id] for job in r.jobs()]
        if within is not None:
            assert max(late) <= within


def test_dropped_late_and_doubled_webhooks_bring_each_result_once(tmp_path: Path) -> None:
    seed = int(os.environ.get("CRASH_SEED", secrets.randbits(32)))
    chance = random.Random(seed)
    print(f"seed {seed}")
    ills = (Fault.DROPPED, Fault.LATE, Fault.DUPLICATE)
    struck = {ill: set(chance.sample(range(20), 6)) for ill in ills}  # 30 % of each, one may have all three
    delivered: list[ClaimedDelivery] = []
    with rig(tmp_path, Limits(active_videos=30, video_creates_per_minute=60)) as r:
        with r.queue(QueueLimits(100, 60, 30), calls_back=True):
            for number in range(20):
                r.sandbox.inject(*(ill for ill in ills if number in struck[ill]))
                before = len(r.sandbox.jobs)
                r.store.create_jobs(
                    [new_job("text-to-video", {"prompt": f"Job {number}"}, source=Source.API)], now=r.now()
                )
                wait_until(lambda before=before: len(r.sandbox.jobs) > before, PATIENCE)
                delivered += drain(r.store, SHEET, at=r.now())
            wait_until(r.done, PATIENCE)
            wait_until(lambda: r.sandbox.pending == 0, PATIENCE)
        assert {job.status for job in r.jobs()} == {JobStatus.COMPLETED}
        delivered += drain(r.store, SHEET, at=r.now())
        times = Counter((each.result.generation_id, each.result.status) for each in delivered)
        assert set(times.values()) == {1}
        ids = {job.vendor_id for job in r.jobs()}
        assert {name for name, status in times if status is ResultStatus.COMPLETED} == ids
        assert len(ids) == 20
        told = Counter(each.delivery_id for each in r.sandbox.attempts if each.number == 1)
        came = [told[each.id] for each in sorted(r.sandbox.jobs, key=lambda each: _number(each.request))]
        silent, doubled = struck[Fault.DROPPED], struck[Fault.DUPLICATE]
        assert came == [0 if n in silent else 3 if n in doubled else 1 for n in range(20)]


KILLS = 15


def test_killed_at_random_moments_it_pays_for_each_job_once(tmp_path: Path) -> None:
    seed = int(os.environ.get("CRASH_SEED", secrets.randbits(32)))
    chance = random.Random(seed)
    print(f"seed {seed}")
    with rig(tmp_path, Limits()) as r:
        r.ask(videos=24, voices=8, images=8)
        given = [str(r.database), r.sandbox.url, r.relay, repr(r.began)]
        struck = set[str]()
        for kill in range(KILLS + 1):
            last = kill == KILLS
            if not last:
                r.sandbox.inject(Fault.SLOW)  # carried out at once, answered a second of ours later
            before = _sendings(r)
            worker = forked.start(queue_worker.main, *given, log=tmp_path / "output.log")
            try:
                if last:
                    wait_until(lambda: _settled(r), PATIENCE)
                else:
                    # However slow the machine is: the moment is random once the worker is at work.
                    wait_until(lambda before=before: _settled(r) or _sendings(r) > before, PATIENCE)
                    with contextlib.suppress(TimeoutError):
                        wait_until(lambda: _settled(r), chance.uniform(0, 1.4))
            except TimeoutError:
                waiting = [(job.status, job.status_reason) for job in r.jobs() if not job.status.is_final]
                raise AssertionError(f"seed {seed}, kill {kill}: {waiting}") from None
            finally:
                worker.kill()
                worker.join()
            struck |= {_name(job) for job in r.jobs() if job.status is JobStatus.SUBMITTED}
        bookings = r.bookings()
        held = [job for job in r.jobs() if job.status is JobStatus.HELD]
        print(f"{len(struck)} jobs struck in mid submit")
        print(f"{len(held)} held: {Counter(job.kind for job in held)}")
        assert struck & set(bookings), "no kill fell between a submit and its answer"
        assert max(bookings.values()) == 1
        assert all("retry or cancel the job" in job.status_reason for job in held)
        done = {_name(job) for job in r.jobs() if job.status is JobStatus.COMPLETED}
        assert len(done) + len(held) == 40
        assert done <= set(bookings)
        lost = set(bookings) - done
        assert lost <= {_name(job) for job in held if job.kind == "image"} | _unreported(r)


def _sendings(r: Rig) -> int:
    return sum(job.submission for job in r.jobs())


def _settled(r: Rig) -> bool:
    """All that can end without a person has ended."""
    bought, unreported = r.bookings(), _unreported(r)
    return all(
        job.status.is_final
        or (
            job.status is JobStatus.HELD
            and (job.kind == "image" or _name(job) not in bought or _name(job) in unreported)
        )
        for job in r.jobs()
    )


def _unreported(r: Rig) -> set[str]:
    """Jobs whose every webhook was refused or lost. The vendor tries thrice within half a second of ours,
    in which a slow machine's database may be busy; where the response was lost too, nothing reports them."""
    tried, arrived = Counter[str](), set[str]()
    for attempt in r.sandbox.attempts:
        tried[attempt.delivery_id] += 1
        if attempt.ok:
            arrived.add(attempt.delivery_id)
    lost = {each for each, count in tried.items() if count >= 3} - arrived
    return {
        str(each.request.get("prompt") or each.request.get("text"))
        for each in r.sandbox.jobs
        if each.id in lost
    }


def _number(request: Mapping[str, Any]) -> int:
    return int(request["prompt"].removeprefix("Job "))


def _name(job: Job) -> str:
    return str(job.input.get("prompt") or job.input.get("text"))
