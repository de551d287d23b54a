"""What follows from how a submit or a look ended: a table, without any call."""

import pytest

from relay.errors import RemoteError
from relay.generation.kinds.base import VIDEO_POLLS
from relay.generation.retry_policy import after_poll, after_submit
from relay.models.job import JobStatus
from relay.models.queue import CallOutcome, StatusPoll, Submission

NOW = 1_800_000_000_000
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000


def submitted(error: Exception, *, tries: int = 0, calls_back: bool = True) -> CallOutcome:
    call = Submission("job_1", 1, "text-to-video", {}, "ref.1", tries)
    return after_submit(call, error, calls_back=calls_back, now=NOW, jitter=0)


def looked(error: Exception | None = None, *, age: int = MINUTE) -> CallOutcome:
    call = StatusPoll("job_1", 1, "text-to-video", "vgen_1", age, 3)
    return after_poll(call, error, poll_schedule=VIDEO_POLLS, now=NOW)


def test_a_submit_that_may_have_happened_is_held_and_never_repeated() -> None:
    end = submitted(RemoteError("CreativeAI's answer was lost.", ambiguous=True))
    assert (end.status, end.due_at) == (JobStatus.HELD, None)
    assert "the webhook continues the job" in end.status_reason


def test_without_a_webhook_a_person_decides_at_once() -> None:
    end = submitted(RemoteError("CreativeAI's answer was lost.", ambiguous=True), calls_back=False)
    assert (end.status, end.due_at) == (JobStatus.HELD, None)
    assert "retry or cancel the job" in end.status_reason


def test_a_bug_of_ours_may_have_sent_it() -> None:
    assert submitted(KeyError("oops")).status is JobStatus.HELD


def test_what_cannot_be_asked_for_like_this_fails_and_names_the_field() -> None:
    end = submitted(RemoteError("Too long.", "record", status=400, param="prompt"))
    assert (end.status, end.error_param, end.due_at) == (JobStatus.FAILED, "prompt", None)


def test_without_credits_the_job_is_held_and_the_queue_waits_an_hour() -> None:
    end = submitted(RemoteError("Not enough credits. Top up.", "connection", status=402))
    assert (end.status, end.due_at, end.pause_until) == (JobStatus.HELD, NOW + HOUR, NOW + HOUR)
    assert end.pause_why


def test_with_a_refused_key_the_queue_waits_for_a_person_and_no_job_is_at_fault() -> None:
    end = submitted(RemoteError("Refused the API key.", "connection", status=401))
    assert (end.status, end.due_at, end.pause_until) == (JobStatus.QUEUED, NOW, None)
    assert end.pause_why == "Refused the API key."


@pytest.mark.parametrize(("asked", "until"), [(7.0, 7_000), (None, 30_000)])
def test_a_429_holds_the_lane_and_counts_for_nothing(asked: float | None, until: int) -> None:
    end = submitted(RemoteError("Slow down.", status=429, retry_after=asked))
    assert (end.status, end.hold_bucket_until, end.counts) == (JobStatus.QUEUED, NOW + until, False)


def test_a_503_is_tried_again_up_the_ladder_but_not_before_it_was_asked_to() -> None:
    """What it asks for holds its bucket, and a person who ends the hold has the job sent."""
    busy = RemoteError("All providers busy.", status=503, retry_after=60)
    end = submitted(busy)
    assert (end.status, end.counts) == (JobStatus.QUEUED, True)
    assert (end.due_at, end.hold_bucket_until) == (NOW + 5_000, NOW + MINUTE)
    assert submitted(RemoteError("busy", status=503)).due_at == NOW + 5_000


def test_at_the_ladders_end_it_fails_and_nothing_was_charged() -> None:
    end = submitted(RemoteError("busy", status=503), tries=100)
    assert (end.status, end.due_at) == (JobStatus.FAILED, None)
    assert "nothing was charged" in end.status_reason


@pytest.mark.parametrize(
    ("age", "wait"), [(MINUTE, 10_000), (5 * MINUTE, 30_000), (HOUR, 600_000)], ids=["young", "older", "old"]
)
def test_what_is_being_made_is_asked_about_by_the_references_cadence(age: int, wait: int) -> None:
    end = looked(age=age)
    assert (end.status, end.due_at) == (None, NOW + wait)


def test_after_a_silent_day_a_person_is_told() -> None:
    end = looked(age=DAY)
    assert (end.status, end.due_at) == (JobStatus.HELD, None)
    assert "late webhook still counts" in end.status_reason


def test_an_unknown_id_may_only_be_young() -> None:
    unknown = RemoteError("Unknown.", "record", status=404)
    assert looked(unknown, age=MINUTE).status is None
    assert looked(unknown, age=11 * MINUTE).status is JobStatus.HELD


def test_a_refused_key_stops_looks_and_submits() -> None:
    end = looked(RemoteError("Refused the API key.", "connection", status=401))
    assert end.pause_why
    assert end.hold_bucket_until == NOW + 10 * MINUTE


@pytest.mark.parametrize(
    ("age", "due_at"), [(MINUTE, NOW + 10_000), (DAY, NOW + HOUR)], ids=["young", "at its last poll"]
)
def test_a_429_holds_polls_and_who_ends_the_hold_has_the_job_polled(age: int, due_at: int) -> None:
    end = looked(RemoteError("Slow down.", status=429, retry_after=3600), age=age)
    assert (end.status, end.due_at, end.hold_bucket_until) == (None, due_at, NOW + HOUR)
    assert end.hold_reason == "Slow down."


def test_a_failed_look_is_made_again() -> None:
    assert looked(RemoteError("failed", status=500)).due_at == NOW + 10_000
    assert looked(ValueError("a bug")).due_at == NOW + 10_000
