"""The chain for shops over the real wire: a worker that is killed -9 at any step or moment pays none twice.

A step that dies in mid submit is held, and a person who reads the sandbox's book decides. CRASH_SEED sets
where chance starts.
"""

import contextlib
import os
import random
import secrets
import signal
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import pytest

from relay.generation import pipeline
from relay.generation.kinds import kind
from relay.generation.pipeline import Pipeline
from relay.generation.request_job import request_pipeline
from relay.models.job import Job, JobStatus, Source, UploadedFile
from relay.models.queue import QueueLimits
from relay.store.sqlite.store import SqliteStore
from sandbox import API_KEY, UNLIMITED, Config, Fault, LedgerEntry, Sandbox, serve
from tests.acceptance import chain_worker
from tests.acceptance.chain_worker import fast_clock
from tests.generation.kinds.test_image_size import png
from tests.store.template import new_database
from tests.wire import forked, wait_until

STEPS = {"image.edit": "edit", "video.generation": "video", "voice.generation": "voice"}
ONCE = {"edit": 1, "video": 1, "voice": 1, "compose": 1}
INPUT = {"edit_prompt": "White studio", "video_prompt": "It turns", "voice_text": "Meet the mug."}
PHOTO = UploadedFile("image", "mug.png", "image/png", png(64, 48))
AT_A_TIME = 4
AIMS = (
    *(("claim_call", "after", nth) for nth in range(1, 5)),
    *(("keep_result", moment, nth) for nth in range(1, 8) for moment in ("before", "after")),
    *(("begin_step", moment, nth) for nth in range(1, 3) for moment in ("before", "after")),
)


@dataclass
class Chain:
    """One pipeline, its sandbox and its worker. `knowingly`: steps that a person paid for once more."""

    folder: Path
    sandbox: Sandbox
    store: SqliteStore
    began: float
    id: str = ""
    worker: ForkServerProcess | None = None
    knowingly: list[str] = field(default_factory=list)

    def start(self, *aim: object, videos: int = 100) -> None:
        given = [self.folder / "relay.db", self.sandbox.url, repr(self.began), videos, *aim]
        self.worker = forked.start(chain_worker.main, *map(str, given), log=self.folder / "output.log")

    def kill(self) -> None:
        if self.worker is not None:
            self.worker.kill()
            self.worker.join()

    def now(self) -> int:
        return fast_clock(self.began)()

    def as_it_is(self) -> Pipeline:
        found = pipeline.find(self.store, self.id)
        assert found is not None
        return found

    def steps(self) -> dict[str, Job]:
        return {job.step: job for job in self.as_it_is().steps}

    def book(self) -> dict[str, list[LedgerEntry]]:
        found: dict[str, list[LedgerEntry]] = {}
        for booking in self.sandbox.jobs:
            found.setdefault(STEPS.get(booking.kind, "compose"), []).append(booking)
        return found

    def paid(self) -> dict[str, int]:
        """How often each step was begun at the vendor."""
        return {name: len(bookings) for name, bookings in self.book().items()}

    def finish(self) -> None:
        """Until all is done; whatever is held is decided by what the book says."""
        wait_until(self._is_done, seconds=60, pause=0.05)
        self.kill()

    def _is_done(self) -> bool:
        for job in self.as_it_is().steps:
            if job.status is JobStatus.HELD:
                self._decide(job)
        return self.as_it_is().status is JobStatus.COMPLETED

    def _decide(self, job: Job) -> None:
        started = self.book().get(job.step, [])
        if started and kind(job.kind).poll:
            assert self.store.link_job(job.id, started[-1].id, now=self.now())
            return
        self.knowingly += [job.step] * bool(started)
        assert self.store.retry_job(job.id, now=self.now())


@contextlib.contextmanager
def chain(folder: Path) -> Iterator[Chain]:
    folder.mkdir(exist_ok=True)
    sandbox = serve(
        config=Config(keys={API_KEY: UNLIMITED}, speed=150, output_base="https://cdn.creativeai.run/output")
    )
    new_database(folder / "relay.db")
    store = SqliteStore(folder / "relay.db")
    store.migrate()
    made = Chain(folder, sandbox, store, time.time())
    new = pipeline.of_preset("commerce", INPUT, source=Source.API, context={"sku": "MUG-1"}, files=[PHOTO])
    made.id = request_pipeline(store, new, account="key", limits=QueueLimits(), now=made.now()).job_id
    try:
        yield made
    finally:
        made.kill()
        store.close()
        sandbox.stop()


def assert_paid_once(done: Chain) -> None:
    again = Counter(done.knowingly)
    assert again.keys() <= {"edit"}, "only an edit's answer cannot be asked for again"
    assert done.paid() == Counter(ONCE) + again
    (video,), (voice,), (compose,) = (done.book()[name] for name in ("video", "voice", "compose"))
    assert "edited_" in video.request["image_url"]
    assert video.id in compose.request["video_url"]
    assert voice.id in compose.request["audio_url"]
    claimed = {each.generation_id for each in done.store.deliveries(limit=10)}
    assert claimed == {compose.id}


def test_the_chain_goes_through_and_only_its_last_result_is_delivered(tmp_path: Path) -> None:
    with chain(tmp_path) as made:
        made.start()
        made.finish()
        assert_paid_once(made)
        assert made.knowingly == []


def test_a_failed_video_is_sent_again_without_paying_edit_and_voice_again(tmp_path: Path) -> None:
    with chain(tmp_path) as made:
        made.start(videos=0)
        ready = {JobStatus.COMPLETED}
        wait_until(lambda: {made.steps()[name].status for name in ("edit", "voice")} == ready, seconds=30)
        made.kill()
        made.sandbox.inject(Fault.FAILED)
        made.start()
        wait_until(lambda: "failed" in made.steps()["compose"].status_reason, seconds=30)
        assert made.as_it_is().status is JobStatus.FAILED
        (lost,) = made.book()["video"]
        assert lost.paid == 0
        assert pipeline.resume(made.store, made.as_it_is(), now=made.now()).again == ("video",)
        made.finish()
        assert made.paid() == ONCE | {"video": 2}


@pytest.mark.slow
def test_a_kill_at_any_step_pays_none_of_them_twice(tmp_path: Path) -> None:
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        done = list(pool.map(lambda aim: _killed_at(aim, tmp_path / "-".join(map(str, aim))), AIMS))
    assert any(done), "no kill hit the edit between its answer and the store"
    assert not all(done)


@pytest.mark.slow
def test_a_kill_at_any_moment_pays_none_of_them_twice(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    seed = int(os.environ.get("CRASH_SEED", "0")) or secrets.randbits(32)
    with capsys.disabled():
        print(f"\nchain: seed {seed}")
    chance = random.Random(seed)
    plans = [[chance.uniform(0.2, 2.0) for _ in range(3)] for _ in range(8)]
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        list(pool.map(lambda plan: _killed_after(plan[1], tmp_path / str(plan[0])), enumerate(plans)))


def _killed_at(aim: tuple[str, str, int], folder: Path) -> list[str]:
    """What a person had to pay for once more."""
    with chain(folder) as made:
        made.start(*aim)
        assert made.worker is not None
        made.worker.join(40)
        assert made.worker.exitcode == -signal.SIGKILL, aim
        made.start()
        made.finish()
        assert_paid_once(made)
        return made.knowingly


def _killed_after(seconds: Sequence[float], folder: Path) -> None:
    with chain(folder) as made:
        for each in seconds:
            made.start()
            assert made.worker is not None
            made.worker.join(each)
            made.kill()
        made.start()
        made.finish()
        assert_paid_once(made)
