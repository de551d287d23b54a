"""The loop that sends jobs: what it does with refusals, a busy store and bugs, and when it is stopped."""

import contextlib
import json
import socket
import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from relay.creativeai import CreativeAI
from relay.generation.create_job import new_job
from relay.generation.worker import QueueWorker
from relay.http.client import Http
from relay.intake import events
from relay.intake.routing import route
from relay.models.job import Job, JobStatus, NewJob, Source
from relay.models.queue import QueueLimits
from relay.store.sqlite.store import SqliteStore
from sandbox import API_KEY, Config, Fault, Limits, Sandbox, serve
from tests.generation.inputs import LEAST
from tests.loopback import answer, loopback
from tests.sandbox.client import Clock
from tests.store.template import new_database
from tests.wire import wait_until

STARTED = json.dumps({"id": "vgen_1", "status": "processing"}).encode()
API = "https://api.creativeai.run"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    new_database(tmp_path / "relay.db")
    made = SqliteStore(tmp_path / "relay.db", busy_seconds=0.1)
    made.migrate()
    yield made
    made.close()


@contextlib.contextmanager
def sandbox(**config: Any) -> Iterator[Sandbox]:
    running = serve(config=Config(**config))
    try:
        yield running
    finally:
        running.stop()


def made_queue(store: SqliteStore, url: str, key: str = API_KEY, **rest: Any) -> QueueWorker:
    client = CreativeAI(key, Http(origin_map={API: url}), events.parse)
    return QueueWorker(
        store,
        client,
        lambda results, now: route(results, [], now=now),
        account=key,
        limits=lambda: QueueLimits(100),
        longest_sleep=0.02,
        **rest,
    )


@contextlib.contextmanager
def running(queue: QueueWorker) -> Iterator[None]:
    thread = threading.Thread(target=queue.run)
    thread.start()
    try:
        yield
    finally:
        queue.stop()
        thread.join()


def ask(store: SqliteStore, kind: str = "text-to-video") -> str:
    (created,) = store.create_jobs([new_job(kind, LEAST[kind], source=Source.API)], now=1)
    return created.job_id


def now_of(store: SqliteStore, job_id: str) -> Job:
    job = store.job(job_id)
    assert job is not None
    return job


def reaches(store: SqliteStore, job_id: str, status: JobStatus) -> Callable[[], bool]:
    return lambda: now_of(store, job_id).status is status


def test_without_credits_it_waits_for_money_and_goes_on_when_a_person_says_so(store: SqliteStore) -> None:
    clock = Clock()
    with sandbox(credits=60, clock=clock) as vendor, running(made_queue(store, vendor.url)):
        vendor.inject(Fault.FAILED)
        first = ask(store)
        wait_until(reaches(store, first, JobStatus.PROCESSING))
        second = ask(store)
        wait_until(reaches(store, second, JobStatus.HELD))
        job, state = now_of(store, second), store.queue_state(API_KEY, now=1)
        assert "not enough credits" in job.status_reason
        assert "You were not charged" in job.status_reason
        assert state.paused_why
        assert state.paused_until == job.due_at
        clock.now += 600
        vendor.wake()
        wait_until(lambda: vendor.credits == 60)  # the first one failed, and was given back
        store.resume_queue(API_KEY, now=2)
        wait_until(reaches(store, second, JobStatus.PROCESSING))
        assert now_of(store, second).status_reason == ""
        assert [each.id for each in vendor.jobs] == [
            now_of(store, job_id).vendor_id for job_id in (first, second)
        ]


def test_a_refused_key_stops_the_queue_until_there_is_another(store: SqliteStore) -> None:
    with sandbox(keys={"rph_new": Limits()}) as vendor:
        job_id = ask(store)
        with running(made_queue(store, vendor.url, "rph_revoked")):
            wait_until(lambda: store.queue_state("rph_revoked", now=1).paused_why)
            assert now_of(store, job_id).status is JobStatus.QUEUED
            assert store.queue_state("rph_revoked", now=1).paused_until is None
        with running(made_queue(store, vendor.url, "rph_new")):
            wait_until(reaches(store, job_id, JobStatus.PROCESSING))
        assert len(vendor.jobs) == 1


def test_an_answer_that_the_busy_store_cannot_take_is_written_when_it_can(
    store: SqliteStore, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    other = sqlite3.connect(tmp_path / "relay.db", isolation_level=None, check_same_thread=False)

    def lock_and_answer(peer: socket.socket) -> None:
        other.execute("begin immediate")
        peer.sendall(answer("202 Accepted", STARTED))

    with loopback(lock_and_answer) as vendor, running(made_queue(store, vendor.url)):
        job_id = ask(store)
        wait_until(lambda: "store busy" in caplog.text)
        assert now_of(store, job_id).status is JobStatus.SUBMITTED
        other.execute("rollback")
        wait_until(reaches(store, job_id, JobStatus.PROCESSING))
    other.close()
    assert now_of(store, job_id).vendor_id == "vgen_1"
    assert vendor.connections == 1


def test_told_to_stop_it_waits_for_the_answer_that_is_under_way(store: SqliteStore) -> None:
    arrived, go_on = threading.Event(), threading.Event()

    def answer_late(peer: socket.socket) -> None:
        arrived.set()
        go_on.wait(10)
        peer.sendall(answer("202 Accepted", STARTED))

    with loopback(answer_late) as vendor:
        queue = made_queue(store, vendor.url)
        thread = threading.Thread(target=queue.run)
        thread.start()
        job_id = ask(store)
        assert arrived.wait(10)
        queue.stop()
        go_on.set()
        thread.join(10)
    assert not thread.is_alive()
    assert (now_of(store, job_id).status, now_of(store, job_id).vendor_id) == ("processing", "vgen_1")


class StoppingStore(SqliteStore):
    """The moment between a claim and its call, when the queue is told to stop."""

    queue: QueueWorker

    def claim_call(self, *given: Any, **named: Any) -> Any:
        call = super().claim_call(*given, **named)
        if call is not None:
            self.queue.stop()
        return call


def test_what_was_claimed_and_not_begun_is_given_back_untouched(store: SqliteStore, tmp_path: Path) -> None:
    stopping = StoppingStore(tmp_path / "relay.db")
    with sandbox() as vendor:
        stopping.queue = made_queue(stopping, vendor.url)
        job_id = ask(store)
        stopping.queue.run()
        assert vendor.jobs == []
    stopping.close()
    job = now_of(store, job_id)
    assert (job.status, job.submission) == (JobStatus.QUEUED, 0)
    assert job.due_at is not None


def test_a_duty_that_breaks_holds_up_neither_the_others_nor_the_queue(
    store: SqliteStore, caplog: pytest.LogCaptureFixture
) -> None:
    told: list[int] = []

    def broken(now: int) -> None:
        raise ZeroDivisionError(now)

    with sandbox() as vendor, running(made_queue(store, vendor.url, duties=[broken, told.append])):
        wait_until(reaches(store, ask(store), JobStatus.PROCESSING))
    assert told
    assert "ZeroDivisionError" in caplog.text


def test_the_vendor_is_told_which_sending_of_which_job_its_webhook_is_of(store: SqliteStore) -> None:
    with (
        sandbox(render_seconds=3600) as vendor,
        running(made_queue(store, vendor.url, public_url="http://127.0.0.1:9")),
    ):
        video, image = ask(store), ask(store, "image")
        wait_until(reaches(store, video, JobStatus.PROCESSING))
        wait_until(reaches(store, image, JobStatus.COMPLETED))
        requests = {each.kind: each.request for each in vendor.jobs}
    address, _, reference = requests["video.generation"]["webhook_url"].partition("?job=")
    assert address == "http://127.0.0.1:9/webhooks/creativeai"
    assert reference.endswith(".1")
    assert video not in reference  # an id is shown on pages, a reference lets in
    assert "webhook_url" not in requests["image.generation"]


@pytest.mark.parametrize(
    ("kind", "job_input", "param"),
    [
        ("text-to-video", {"prompt": "A kite", "duration": 99}, "duration"),
        ("image-edit", LEAST["image-edit"], "image"),
        ("hologram", {}, "kind"),
    ],
    ids=["an input of an older version", "its file is gone", "a kind that nobody knows"],
)
def test_what_does_not_fit_its_kind_any_more_fails_without_being_sent(
    store: SqliteStore, kind: str, job_input: dict[str, Any], param: str
) -> None:
    with sandbox() as vendor, running(made_queue(store, vendor.url)):
        job = NewJob(kind, job_input, {}, Source.API, "video")
        (created,) = store.create_jobs([job], now=1)
        wait_until(reaches(store, created.job_id, JobStatus.FAILED))
        assert vendor.jobs == []
    failed = now_of(store, created.job_id)
    assert "so nothing was charged" in failed.status_reason
    assert failed.error_param == param
