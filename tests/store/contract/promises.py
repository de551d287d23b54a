"""What is said about the end of a limit, a hold or a pause comes true: not a millisecond before, and then."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from relay.generation.status import job_status, queue_status
from relay.models.job import Job, JobStatus
from relay.models.queue import CallOutcome, CallResult, QueueLimits, RateLimitInfo, Submission
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


CAUSES: list[tuple[Callable[[Store], None], QueueLimits, int]] = [
    (a_full_day, TWO_A_DAY, NOW + 1 * HOUR + DAY),
    (a_used_budget, BUDGET, NOW + 2 * HOUR + DAY),
    (a_budget_that_was_refunded_in_part, BUDGET, NOW + 2 * HOUR + DAY),
    (a_429_for_a_day, PLENTY, NOW + 5 * HOUR + DAY),
    (headers_without_requests, PLENTY, NOW + 20 * HOUR),
    (a_pause_with_an_end, PLENTY, NOW + 7 * HOUR),
]
ASKED = NOW + 6 * HOUR


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
