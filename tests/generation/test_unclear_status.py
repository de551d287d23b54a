"""What CreativeAI says that cannot be acted on: asked again, told to a person, and a late result still wins.

Each row plays a whole job: the answers to its polls by the minute they begin with, and what becomes of it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from responses import RequestsMock

from relay.creativeai import CreativeAI
from relay.generation.create_job import new_job
from relay.generation.poll import poll
from relay.generation.submit import submit
from relay.generation.unclear_status import describe
from relay.intake.routing import route
from relay.models.connection import Route
from relay.models.core import ResultStatus, UnclearStatus
from relay.models.job import Job, JobStatus, Source
from relay.models.queue import CallOutcome, CallResult, QueueLimits, StatusPoll, Submission
from relay.store.sqlite.store import SqliteStore
from tests.generation.inputs import LEAST
from tests.store.template import new_database

API = "https://api.creativeai.run"
NOW, MINUTE = 1_800_000_000_000, 60_000
LINK = "https://cdn.test/vgen_1.mp4"
SHEET = Route("sheet", "sheets", "sheet:1")
LIMITS = QueueLimits(1000, 1000, 1000, 1000, 1000)

Answers = Mapping[int, Mapping[str, Any]]  # minute -> what polls are answered from then on


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    new_database(tmp_path / "relay.db")
    made = SqliteStore(tmp_path / "relay.db", busy_seconds=0.1)
    made.migrate()
    yield made
    made.close()


class Play:
    """The queue's worker in slow motion: the clock is the test's."""

    def __init__(self, store: SqliteStore, client: CreativeAI, net: RequestsMock, kind: str) -> None:
        self._store, self._client, self._net, self._kind = store, client, net, kind
        self.now = NOW
        self.polls: list[int] = []  # ms after the submit
        job = new_job(kind, LEAST[kind], source=Source.API)
        self._job_id = store.create_jobs([job], now=NOW)[0].job_id

    @property
    def job(self) -> Job:
        found = self._store.job(self._job_id)
        assert found is not None
        return found

    def started(self, path: str, answer: Mapping[str, Any]) -> None:
        self._net.post(API + path, json=answer)
        call = self._claim()
        assert isinstance(call, Submission)
        self._settle(submit(call, self._client, self._store, public_url="", clock=lambda: self.now))

    def until(self, minute: float, path: str, answers: Answers) -> None:
        """Every poll that is due up to then, at its very moment."""
        end = NOW + round(minute * MINUTE)
        while self.job.poll_at is not None and self.job.poll_at <= end:
            self.now = max(self.now, self.job.poll_at)
            passed = (self.now - NOW) / MINUTE
            answer = answers[max(each for each in answers if each <= passed)]
            self._net.replace("GET", API + path, json=answer) if self.polls else self._net.get(
                API + path, json=answer
            )
            call = self._claim()
            assert isinstance(call, StatusPoll)
            self.polls.append(self.now - NOW)
            self._settle(poll(call, self._client, clock=lambda: self.now))
        self.now = end

    def _claim(self) -> Submission | StatusPoll | None:
        return self._store.claim_call("key", LIMITS, now=self.now, lease_until=self.now + 30_000)

    def _settle(self, ended: CallResult | CallOutcome) -> None:
        if isinstance(ended, CallOutcome):
            self._store.end_call(ended)
        else:
            self._store.keep_result(ended, route(ended.results, [SHEET], now=self.now))

    def delivered(self) -> list[str]:
        return [each.result_status for each in self._store.deliveries(limit=100)]


def says(status: Any, link: str | None = None, **more: Any) -> dict[str, Any]:
    return {"id": "vgen_1", "status": status, "output_url": link, **more}


@dataclass(frozen=True)
class Row:
    """`at`: the minute in which it is looked at; `told`: words of what a person reads then."""

    answers: Answers
    at: float
    status: JobStatus
    told: tuple[str, ...] = ()
    results: tuple[str, ...] = ()


PROCESSING, HELD = JobStatus.PROCESSING, JobStatus.HELD
COMPLETED, FAILED = JobStatus.COMPLETED, JobStatus.FAILED
NO_FILE = ("CreativeAI says completed but names no file.", "may have charged it", "Or check at CreativeAI")

ROWS = {
    # completed without a file
    "no file so far": Row({0: says("completed")}, 9, PROCESSING),
    "no file, told": Row({0: says("completed")}, 11, HELD, NO_FILE),
    "a file a minute later": Row(
        {0: says("completed"), 1: says("completed", LINK)}, 2, COMPLETED, (), ("completed",)
    ),
    "a file after a person was told": Row(
        {0: says("completed"), 30: says("completed", LINK)}, 45, COMPLETED, (), ("completed",)
    ),
    "no file, first after half an hour": Row(
        {0: says("processing"), 30: says("SUCCESS")}, 38, PROCESSING, (), ()
    ),
    "no file, told half an hour later": Row({0: says("processing"), 30: says("SUCCESS")}, 52, HELD, NO_FILE),
    "an empty link": Row({0: says("completed", " ")}, 11, HELD, NO_FILE),
    "no link at all": Row({0: {"id": "vgen_1", "status": "completed"}}, 11, HELD, NO_FILE),
    "no file, then failed": Row(
        {0: says("completed"), 2: says("failed", error_message="No.")},
        3,
        FAILED,
        ("No.",),
        ("failed",),
    ),
    "no file, then processing again": Row({0: says("completed"), 5: says("processing")}, 30, PROCESSING),
    "told, then processing again": Row({0: says("completed"), 15: says("processing")}, 40, PROCESSING),
    "no file for a day": Row({0: says("completed")}, 1500, HELD, NO_FILE),
    # a word that nobody knows
    "an unknown word so far": Row({0: says("moonlit")}, 9, PROCESSING),
    "an unknown word for ten minutes": Row(
        {0: says("Moonlit")}, 11, HELD, ('reports the status "Moonlit", which the relay does not know.',)
    ),
    "an unknown word with a file": Row(
        {0: says("moonlit", LINK)}, 1, HELD, ('"moonlit"', f"Its file: {LINK}", "may have charged it")
    ),
    "an unknown word, then the result": Row(
        {0: says("moonlit", LINK), 2: says("completed", LINK)}, 20, COMPLETED, (), ("completed",)
    ),
    "an unknown word amid known ones": Row(
        {0: says("processing"), 3: says("moonlit"), 6: says("rendering")}, 20, PROCESSING
    ),
    "two unknown words with a known one between": Row(
        {0: says("moonlit"), 6: says("running"), 9: says("sunlit")}, 15, PROCESSING
    ),
    "no word": Row({0: {"id": "vgen_1"}}, 11, HELD, ("CreativeAI reports no status.",)),
    "a word that is no text": Row({0: says(7)}, 11, HELD, ('the status "7"',)),
    "no word, with a file": Row({0: says(None, LINK)}, 1, COMPLETED, (), ("completed",)),
    "an answer that is a list": Row(
        {0: [says("completed", LINK)]},
        1,
        COMPLETED,
        (),
        ("completed",),  # type: ignore[dict-item]
    ),
    "an answer that is no object": Row(
        {0: ["moonlit"]},
        11,
        HELD,
        ("CreativeAI reports no status.",),  # type: ignore[dict-item]
    ),
    "an answer of nothing": Row({0: {}}, 11, HELD, ("CreativeAI reports no status.",)),
    # synonyms
    **{
        word: Row({0: says(word, LINK)}, 1, COMPLETED, (), ("completed",))
        for word in ("succeed", "SUCCESS", "done", "Finished", " ready ", "TASK_STATUS_SUCCEED")
    },
    **{
        word: Row({0: says(word)}, 1, FAILED, ("could not make it",), ("failed",))
        for word in ("canceled", "TIMED_OUT", "nsfw", "Rejected")
    },
    **{word: Row({0: says(word)}, 60, PROCESSING) for word in ("IN_PROGRESS", "in_queue", "Preparing")},
}


@pytest.mark.heavy
@pytest.mark.parametrize("name", ROWS)
def test_what_becomes_of_a_job_by_what_its_polls_are_answered(
    name: str, store: SqliteStore, client: CreativeAI, net: RequestsMock
) -> None:
    row = ROWS[name]
    play = Play(store, client, net, "text-to-video")
    play.started("/v1/video/generations", {"id": "vgen_1", "status": "processing"})
    play.until(row.at, "/v1/video/generations/vgen_1", row.answers)
    assert play.job.status is row.status
    assert all(words in play.job.status_reason for words in row.told), play.job.status_reason
    assert row.told or play.job.status_reason == ""
    assert tuple(play.delivered()) == row.results
    if row.status is HELD and row.at < 1440:
        assert play.job.poll_at is not None, "it is polled on"


@pytest.mark.heavy
def test_while_it_is_unclear_it_is_polled_often_and_after_a_day_no_more(
    store: SqliteStore, client: CreativeAI, net: RequestsMock
) -> None:
    play = Play(store, client, net, "text-to-video")
    play.started("/v1/video/generations", {"id": "vgen_1", "status": "processing"})
    play.until(1600, "/v1/video/generations/vgen_1", {0: says("processing"), 30: says("completed")})
    first = next(at for at in play.polls if at >= 30 * MINUTE)
    gaps = [b - a for a, b in pairwise(play.polls) if first <= a < first + 10 * MINUTE]
    assert 0 < max(gaps) <= 30_000
    assert play.job.poll_at is None
    assert max(play.polls) <= 1451 * MINUTE
    assert (play.job.status, play.job.found_by) == (HELD, "")


@pytest.mark.parametrize(
    "answer",
    [
        {"status": "completed"},
        {"status": "success"},
        {"status": "moonlit"},
        {},
        says("completed", " "),
    ],
)
def test_a_submit_whose_answer_is_not_clear_is_polled_and_never_sent_again(
    answer: dict[str, Any], store: SqliteStore, client: CreativeAI, net: RequestsMock
) -> None:
    play = Play(store, client, net, "text-to-video")
    play.started("/v1/video/generations", {"id": "vgen_1"} | answer)
    assert play.job.status is PROCESSING
    play.until(1, "/v1/video/generations/vgen_1", {0: says("completed", LINK)})
    assert (play.job.status, play.job.submission) == (COMPLETED, 1)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ({"id": "img_1", "status": "completed"}, "CreativeAI says completed but names no file."),
        (
            {"id": "img_1", "status": "moonlit", "data": [{"url": LINK}]},
            f'"moonlit", which the relay does not know. Its file: {LINK}',
        ),
        ({"id": "img_1"}, "CreativeAI reports no status."),
    ],
)
def test_an_image_that_is_its_own_answer_is_held_where_the_answer_is_not_clear(
    answer: dict[str, Any], told: str, store: SqliteStore, client: CreativeAI, net: RequestsMock
) -> None:
    play = Play(store, client, net, "image")
    play.started("/v1/images/generations", answer)
    assert play.job.status is HELD
    assert told in play.job.status_reason
    assert "check at CreativeAI, then retry or cancel the job" in play.job.status_reason


def child(number: int, status: str, link: str | None = None) -> dict[str, Any]:
    return {"id": f"vid_{number}", "status": status, "output_url": link}


@pytest.fixture
def of_a_batch(store: SqliteStore, client: CreativeAI, net: RequestsMock) -> Play:
    return Play(store, client, net, "video-batch")


@pytest.mark.heavy
@pytest.mark.parametrize(
    ("second", "at", "status", "told"),
    [
        (child(2, "success", LINK), 1, COMPLETED, ""),
        (child(2, "cancelled"), 1, COMPLETED, "1 of 2 failed."),
        (child(2, "moonlit"), 9, PROCESSING, ""),
        (child(2, "moonlit"), 11, HELD, 'the status "moonlit" for vid_2, which the relay does not know.'),
        (child(2, "moonlit", LINK), 1, HELD, f"Its file: {LINK}"),
        (child(2, "completed"), 9, PROCESSING, ""),
        (child(2, "completed"), 11, HELD, "CreativeAI says completed for vid_2 but names no file."),
        ({"id": "vid_2"}, 11, HELD, "CreativeAI reports no status for vid_2."),
        ({"task_id": "vid_2", "state": "SUCCEEDED", "output": {"url": LINK}}, 1, COMPLETED, ""),
        ({"status": "success", "output_url": LINK}, 1, HELD, f"each of its videos. Its file: {LINK}"),
        ({"status": "moonlit", "output_url": LINK}, 1, HELD, '"moonlit" for video_batch_1, which'),
        ({"status": "pending"}, 30, PROCESSING, ""),
    ],
)
def test_a_child_of_a_batch_that_is_not_clear_holds_up_no_other_and_is_not_dropped(
    second: dict[str, Any],
    at: int,
    status: JobStatus,
    told: str,
    of_a_batch: Play,
) -> None:
    play = of_a_batch
    path = "/v1/video/generations/batch"
    jobs = [child(1, "SUCCESS", LINK), second]
    batch = {"batch_id": "video_batch_1", "status": "processing", "total_jobs": 2, "jobs": jobs}
    play.started(path, {"batch_id": "video_batch_1", "status": "processing", "total_jobs": 2, "jobs": []})
    play.until(at, f"{path}/video_batch_1", {0: batch})
    assert play.job.status is status, play.job.status_reason
    assert told in play.job.status_reason
    assert "completed" in play.delivered()


@pytest.mark.heavy
@pytest.mark.parametrize(
    ("answer", "at", "status", "told"),
    [
        ({"status": "processing"}, 30, PROCESSING, ""),
        ({"status": "in_queue", "jobs": []}, 30, PROCESSING, ""),
        ({"status": "moonlit"}, 9, PROCESSING, ""),
        (
            {"status": "moonlit"},
            11,
            HELD,
            'the status "moonlit" for video_batch_1, which the relay does not know.',
        ),
        (
            {"status": "completed", "jobs": None},
            11,
            HELD,
            "says completed for video_batch_1 but does not name each of its videos.",
        ),
        (
            {"status": "failed", "jobs": []},
            11,
            HELD,
            "says failed for video_batch_1 but does not name each of its videos.",
        ),
        ({}, 11, HELD, "CreativeAI reports no status for video_batch_1."),
        ([], 11, HELD, "CreativeAI reports no status for video_batch_1."),
    ],
)
def test_a_batch_that_lists_none_of_its_videos_is_not_processing_for_a_day(
    answer: Any, at: int, status: JobStatus, told: str, of_a_batch: Play
) -> None:
    play, path = of_a_batch, "/v1/video/generations/batch"
    play.started(path, {"batch_id": "video_batch_1", "status": "processing", "total_jobs": 2, "jobs": []})
    play.until(at, f"{path}/video_batch_1", {0: answer})
    assert (play.job.status, told in play.job.status_reason) == (status, True), play.job.status_reason


@pytest.mark.parametrize(
    ("status", "total", "at", "told"),
    [
        ("completed", 2, 11, "says completed for video_batch_1 but does not name each of its videos."),
        (
            "partially_failed",
            2,
            11,
            'the status "partially_failed" for video_batch_1, which the relay does not',
        ),
        ("completed", None, 11, "says completed for video_batch_1 but does not name each of its videos."),
        ("completed", 1, 11, "says completed for video_batch_1 but does not name each of its videos."),
        ("processing", 2, 30, ""),
        ("processing", None, 30, ""),
    ],
)
def test_a_batch_that_ends_without_one_of_its_videos_is_shown_and_the_others_are_delivered(
    status: str, total: int | None, at: int, told: str, of_a_batch: Play
) -> None:
    play, path = of_a_batch, "/v1/video/generations/batch"
    play.started(path, {"batch_id": "video_batch_1", "status": "processing", "total_jobs": 2, "jobs": []})
    answer = {"status": status, "total_jobs": total, "jobs": [child(1, "completed", LINK)]}
    play.until(at, f"{path}/video_batch_1", {0: answer})
    assert (play.job.status, play.delivered()) == (HELD if told else PROCESSING, ["completed"])
    assert told in play.job.status_reason


@pytest.mark.parametrize("name", ["data", "result", "payload", "generation"])
def test_a_poll_s_answer_in_an_envelope_is_read_as_a_webhook_is(
    name: str, store: SqliteStore, client: CreativeAI, net: RequestsMock
) -> None:
    play = Play(store, client, net, "text-to-video")
    play.started("/v1/video/generations", {"request_id": "req_1", name: says("queued")})
    answer = {"id": "req_2", name: {"id": "another", "status": "SUCCESS", "output_url": LINK}}
    play.until(1, "/v1/video/generations/vgen_1", {0: answer})
    assert (play.job.status, play.job.vendor_id) == (COMPLETED, "vgen_1")


def test_of_many_that_are_not_clear_the_first_are_named() -> None:
    many = [UnclearStatus(f"vid_{n}", ResultStatus.COMPLETED, (), "batch_1") for n in range(20)]
    assert describe(many).endswith("names no file. The same holds for 17 more.")
    assert describe(many[:3]).count("names no file.") == 3
