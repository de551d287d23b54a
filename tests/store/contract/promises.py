"""What is said about the end of a limit, a hold or a pause comes true: not a millisecond before, and then."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from relay.errors import RemoteError
from relay.generation.kinds.base import VIDEO_POLLS
from relay.generation.retry_policy import after_poll
from relay.generation.status import job_status, queue_status
from relay.models.job import Job, JobStatus, RateBucket
from relay.models.queue import CallOutcome, CallResult, QueueLimits, RateLimitInfo, StatusPoll, Submission
from relay.models.status import Status
from relay.store.contract.core import Store
from tests.store.contract.jobs import (
    ACCOUNT,
    PLENTY,
    create,
    next_call,
    queued_again,
    submission,
    the_job,
    wanted,
)
from tests.store.contract.make import NOW, result

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
TWO_A_DAY = replace(PLENTY, videos_per_day=2)
BUDGET = replace(PLENTY, credits_per_day=100)
WHY = "CreativeAI accepts no more requests at the moment (429)."


def made(store: Store, *, at: int, limits: QueueLimits = PLENTY, credits_: float = 40) -> None:
    create(store, at=at, estimate=40)
    call = submission(store, at=at, limits=limits)
    name = f"vgen_{call.job_id}"
    done = CallResult(call, at, name, (name,), None, "response", credits=credits_)
    store.keep_result(done, wanted(result(name)))


def a_full_day(store: Store) -> None:
    for hour in (1, 3):
        made(store, at=NOW + hour * HOUR)


def a_used_budget(store: Store) -> None:
    for hour in (2, 5):
        made(store, at=NOW + hour * HOUR)


def a_budget_that_was_refunded_in_part(store: Store) -> None:
    for hour, charged in ((1, 10.0), (2, 60.0), (4, 20.0)):
        made(store, at=NOW + hour * HOUR, credits_=charged)


def a_429_for_a_day(store: Store) -> None:
    create(store, at=NOW)
    call, at = submission(store), NOW + 5 * HOUR
    store.renew_calls([(call.job_id, call.token)], until=at)
    store.end_call(CallOutcome(call, at, JobStatus.FAILED, WHY, hold_bucket_until=at + DAY))


def headers_without_requests(store: Store) -> None:
    create(store, at=NOW)
    left = RateLimitInfo(100, 0, NOW + 20 * HOUR)
    store.end_call(CallOutcome(submission(store), NOW + 1, JobStatus.FAILED, rate_limit=left))


def a_pause_with_an_end(store: Store) -> None:
    store.pause_queue(ACCOUNT, "No credits.", now=NOW, until=NOW + 7 * HOUR)


def a_429_of_a_poll(store: Store) -> None:
    poll = next_call(store, at=NOW + 9, prefer=StatusPoll)
    assert isinstance(poll, StatusPoll)
    error = RemoteError(WHY, status=429, retry_after=20 * HOUR / 1000)
    store.end_call(after_poll(poll, error, poll_schedule=VIDEO_POLLS, now=NOW + 10))


CAUSES: list[tuple[Callable[[Store], None], QueueLimits, int]] = [
    (a_full_day, TWO_A_DAY, NOW + 1 * HOUR + DAY),
    (a_used_budget, BUDGET, NOW + 2 * HOUR + DAY),
    (a_budget_that_was_refunded_in_part, BUDGET, NOW + 2 * HOUR + DAY),
    (a_429_for_a_day, PLENTY, NOW + 5 * HOUR + DAY),
    (headers_without_requests, PLENTY, NOW + 20 * HOUR),
    (a_pause_with_an_end, PLENTY, NOW + 7 * HOUR),
]
ASKED = NOW + 6 * HOUR
VOICE = {"kind": "voice", "output_kind": "voice", "rate_bucket": RateBucket.OTHER, "videos": 0}


def said(store: Store, job_id: str, limits: QueueLimits, *, at: int = ASKED) -> tuple[Job, Status]:
    job = the_job(store, job_id)
    place = store.queue_position(job_id, now=at)
    return job, job_status(job, store.queue_state(ACCOUNT, now=at), limits, at, place)


class PromisesContract:
    @pytest.mark.parametrize(("cause", "limits", "ends"), CAUSES, ids=[each[0].__name__ for each in CAUSES])
    def test_what_is_said_about_its_end_comes_true(
        self, store: Store, cause: Callable[[Store], None], limits: QueueLimits, ends: int
    ) -> None:
        cause(store)
        job_id = create(store, at=ASKED, estimate=40)
        _, status = said(store, job_id, limits)
        assert status.reason
        assert status.next_at == ends
        assert next_call(store, at=ends - 1, limits=limits) is None
        call = next_call(store, at=ends, limits=limits)
        assert isinstance(call, Submission)
        assert call.job_id == job_id

    @pytest.mark.parametrize("pause_hours", [7, 30])
    @pytest.mark.parametrize(("cause", "limits", "ends"), CAUSES, ids=[each[0].__name__ for each in CAUSES])
    def test_of_two_that_keep_it_waiting_the_later_end_is_said(
        self,
        store: Store,
        cause: Callable[[Store], None],
        limits: QueueLimits,
        ends: int,
        pause_hours: int,
    ) -> None:
        cause(store)
        store.pause_queue(ACCOUNT, "No credits.", now=ASKED, until=NOW + pause_hours * HOUR)
        later = max(ends, NOW + pause_hours * HOUR)
        job_id = create(store, at=ASKED, estimate=40)
        assert said(store, job_id, limits)[1].next_at == later
        assert next_call(store, at=later - 1, limits=limits) is None
        assert submission(store, at=later, limits=limits).job_id == job_id

    def test_a_job_waits_for_credits_that_are_kept_for_one_of_another_rate_limit(self, store: Store) -> None:
        """Voices passed a batch for a day, so what becomes free is the batch's now."""
        made(store, at=NOW, credits_=25)
        create(store, at=NOW, kind="video-batch", videos=3, expected_results=3, estimate=90)
        for hour in range(1, 24, 5):
            at = NOW + hour * HOUR
            passing = create(store, at=at, estimate=15, **VOICE)
            call = submission(store, at=at, limits=BUDGET)
            assert call.job_id == passing
            store.keep_result(CallResult(call, at, "", (), None, "response", credits=15), [])
        at = NOW + 25 * HOUR + 1
        waits = create(store, at=at, estimate=15, **VOICE)
        assert not isinstance(next_call(store, at=at, limits=BUDGET), Submission)
        queue = store.queue_state(ACCOUNT, now=at)
        place = store.queue_position(waits, now=at, **queue.left(BUDGET))
        status = job_status(the_job(store, waits), queue, BUDGET, at, place)
        assert "the jobs before this one take the rest" in status.reason
        assert status.next_at is not None
        assert status.next_at > at

    @pytest.mark.parametrize("cause", [a_429_of_a_poll, headers_without_requests], ids=lambda it: it.__name__)
    def test_what_is_said_about_the_next_poll_comes_true_or_a_person_ends_it(
        self, store: Store, cause: Callable[[Store], None]
    ) -> None:
        job_id = create(store, at=NOW - 1, estimate=40)
        call = submission(store, at=NOW - 1)
        store.keep_result(CallResult(call, NOW - 1, "vgen_1", ("vgen_1",), NOW + 9, "response"), [])
        cause(store)
        _, status = said(store, job_id, PLENTY)
        assert "Nothing is polled until" in status.reason
        assert status.next_at is not None
        assert next_call(store, at=status.next_at - 1, prefer=StatusPoll) is None
        store.resume_queue(ACCOUNT, now=ASKED)
        assert said(store, job_id, PLENTY)[1].reason == ""
        assert isinstance(next_call(store, at=ASKED, prefer=StatusPoll), StatusPoll)

    def test_a_failed_attempt_says_when_the_next_one_is(self, store: Store) -> None:
        job_id = create(store)
        store.end_call(queued_again(submission(store), NOW + 7 * HOUR))
        _, status = said(store, job_id, PLENTY)
        assert status.next_at == NOW + 7 * HOUR
        assert next_call(store, at=NOW + 7 * HOUR - 1) is None
        assert submission(store, at=NOW + 7 * HOUR).job_id == job_id

    @pytest.mark.parametrize("cause", [a_429_for_a_day, headers_without_requests, a_pause_with_an_end])
    def test_a_person_ends_it_earlier(self, store: Store, cause: Callable[[Store], None]) -> None:
        cause(store)
        job_id = create(store, at=ASKED)
        assert next_call(store, at=ASKED) is None
        assert queue_status(store.queue_state(ACCOUNT, now=ASKED), PLENTY, ASKED).state != "ready"
        assert store.resume_queue(ACCOUNT, now=ASKED)
        assert queue_status(store.queue_state(ACCOUNT, now=ASKED), PLENTY, ASKED) == Status("ready")
        assert said(store, job_id, PLENTY)[1].reason == ""
        assert submission(store, at=ASKED).job_id == job_id
        assert not store.resume_queue(ACCOUNT, now=ASKED)

    def test_a_hold_keeps_the_vendors_words_and_the_longest_end(self, store: Store) -> None:
        calls = []
        for _ in range(3):
            create(store)
            calls.append(submission(store))
        for call, at, until in zip(calls, (1, 2, 3), (HOUR, 3 * HOUR, 2 * HOUR), strict=True):
            why = f"Busy {at}."
            store.end_call(CallOutcome(call, NOW + at, JobStatus.FAILED, why, hold_bucket_until=NOW + until))
        (hold,) = store.queue_state(ACCOUNT, now=NOW + 4).holds
        assert (hold.since, hold.until, hold.reason) == (NOW + 1, NOW + 3 * HOUR, "Busy 2.")
        assert store.queue_state(ACCOUNT, now=NOW + 3 * HOUR).holds == ()

    def test_a_place_counts_what_the_jobs_before_it_use(self, store: Store) -> None:
        create(store, videos=4, expected_results=4, estimate=40)
        create(store, at=NOW + 1, estimate=25)
        last = create(store, at=NOW + 2)
        place = store.queue_position(last, now=NOW + 3)
        assert place is not None
        assert (place.ahead, place.videos, place.credits) == (2, 5, 65)
