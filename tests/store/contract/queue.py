"""The line keeps to the vendor's limits over all processes, and nothing in it is sent twice by itself."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from relay.models.job import JobStatus, RateBucket, Source
from relay.models.queue import CallOutcome, CallResult, QueueLimits, RateLimitInfo, StatusPoll, Submission
from relay.store.contract.core import Store
from tests.store.contract.jobs import (
    ACCOUNT,
    PLENTY,
    create,
    next_call,
    queued_again,
    sent,
    submission,
    the_job,
    told,
    wanted,
)
from tests.store.contract.make import NOW, accept, claim_one, result, statuses

MINUTE, DAY = 60_000, 86_400_000
VOICE = {"kind": "voice", "output_kind": "voice", "rate_bucket": RateBucket.OTHER, "videos": 0, "estimate": 8}


def count(store: Store, *, at: int, limits: QueueLimits) -> int:
    """How many submits there is room for; each is answered at once and its job completes."""
    number = 0
    while isinstance(call := next_call(store, at=at, limits=limits), Submission):
        number += 1
        sent(store, call, f"vgen_{call.job_id}", at=at, results=[result(f"vgen_{call.job_id}")])
    return number


class QueueContract:
    def test_a_job_is_given_to_one_worker(self, open_store: Callable[[], Store]) -> None:
        create(open_store())
        assert submission(open_store()).input == {"prompt": "A mug"}
        assert next_call(open_store()) is None

    def test_requests_a_minute_hold_over_processes_and_count_looks(
        self, open_store: Callable[[], Store]
    ) -> None:
        one, other = open_store(), open_store()
        limits = replace(PLENTY, requests_per_minute=3)
        for _ in range(4):
            create(one, **VOICE)
        first = submission(one, limits=limits)
        sent(one, first, "voice_1")
        one.poll_job(first.job_id, now=NOW)
        assert isinstance(next_call(other, limits=limits, prefer=StatusPoll), StatusPoll)
        assert submission(other, limits=limits)
        assert next_call(one, limits=limits) is None
        assert next_call(one, at=NOW + MINUTE - 1, limits=limits) is None
        assert next_call(one, at=NOW + MINUTE, limits=limits) is not None

    def test_a_request_that_no_job_needs_counts_too_and_takes_a_fifth_at_most(
        self, open_store: Callable[[], Store]
    ) -> None:
        one, other = open_store(), open_store()
        limits = replace(PLENTY, requests_per_minute=10)
        for _ in range(10):
            create(one, **VOICE)
        asked = [each.take_request(ACCOUNT, limits, now=NOW) for each in (one, other, one)]
        assert asked == [True, True, False]
        assert count(other, at=NOW, limits=limits) == 8
        assert not one.take_request(ACCOUNT, limits, now=NOW + MINUTE)
        assert one.take_request(ACCOUNT, limits, now=NOW + MINUTE + 10_000)

    def test_none_is_given_without_room_or_while_the_queue_stands_still(
        self, open_store: Callable[[], Store]
    ) -> None:
        store = open_store()
        limits = replace(PLENTY, requests_per_minute=1)
        create(store, **VOICE)
        submission(store, limits=limits)
        assert not store.take_request(ACCOUNT, limits, now=NOW)
        store.pause_queue(ACCOUNT, "No money.", now=NOW)
        assert not store.take_request(ACCOUNT, PLENTY, now=NOW)
        store.resume_queue(ACCOUNT, now=NOW)
        assert store.take_request(ACCOUNT, PLENTY, now=NOW)

    def test_a_batch_learns_from_the_first_look_how_many_it_has(
        self, open_store: Callable[[], Store]
    ) -> None:
        store = open_store()
        batch = {"kind": "video-batch", "source": Source.ELSEWHERE, "vendor_id": "video_batch_1"}
        job_id = create(store, **batch)
        look = next_call(store)
        assert isinstance(look, StatusPoll)
        found = CallResult(
            look, NOW, "video_batch_1", ("vid_1", "vid_2"), NOW + 1, "recovered", expected_results=3
        )
        assert store.keep_result(found, wanted(result("vid_1")))
        accept(store, result("vid_2"))
        assert (the_job(store, job_id).status, the_job(store, job_id).expected_results) == ("processing", 3)
        again = next_call(store, at=NOW + 1)
        assert isinstance(again, StatusPoll)
        ids = ("vid_1", "vid_2", "vid_3")
        store.keep_result(
            CallResult(again, NOW + 1, "video_batch_1", ids, NOW + 2, "recovered"), wanted(result("vid_3"))
        )
        assert the_job(store, job_id).status is JobStatus.COMPLETED

    def test_a_call_counts_from_its_answer(self, open_store: Callable[[], Store]) -> None:
        store = open_store()
        limits = replace(PLENTY, requests_per_minute=1)
        create(store, **VOICE)
        create(store, **VOICE)
        sent(store, submission(store, limits=limits), "voice_1", at=NOW + 5_000)
        assert next_call(store, at=NOW + MINUTE, limits=limits) is None
        assert next_call(store, at=NOW + MINUTE + 5_000, limits=limits) is not None

    def test_videos_a_minute_and_a_day(self, open_store: Callable[[], Store]) -> None:
        store = open_store()
        for _ in range(9):
            create(store)
        limits = replace(PLENTY, videos_per_minute=2, videos_per_day=5)
        assert [count(store, at=NOW + n * MINUTE, limits=limits) for n in range(4)] == [2, 2, 1, 0]
        assert count(store, at=NOW + DAY, limits=limits) == 2

    def test_videos_at_once_end_with_the_result_or_after_ten_silent_minutes(
        self, open_store: Callable[[], Store]
    ) -> None:
        store = open_store()
        limits = replace(PLENTY, videos_at_once=1)
        create(store)
        create(store)
        create(store)
        first = submission(store, limits=limits)
        sent(store, first, "vgen_1")
        assert next_call(store, at=NOW + 1000, limits=limits) is None
        told(store, first, result("vgen_1"), at=NOW + 1000)
        second = submission(store, at=NOW + 1000, limits=limits)
        sent(store, second, "vgen_2", at=NOW + 1000)
        store.poll_job(second.job_id, now=NOW + DAY)
        assert next_call(store, at=NOW + 600_000, limits=limits, prefer=Submission) is None
        assert isinstance(next_call(store, at=NOW + 601_000, limits=limits), Submission)

    def test_other_kinds_do_not_wait_behind_videos(self, open_store: Callable[[], Store]) -> None:
        store = open_store()
        create(store)
        create(store)
        voice = create(store, at=NOW, **VOICE)
        limits = replace(PLENTY, videos_at_once=1)
        submission(store, limits=limits)
        assert submission(store, limits=limits).job_id == voice

    def test_the_vendors_headers_say_it_better(self, open_store: Callable[[], Store]) -> None:
        store = open_store()
        limits = replace(PLENTY, requests_per_minute=1)
        for _ in range(4):
            create(store, **VOICE)
        end = CallOutcome(
            submission(store, limits=limits),
            NOW,
            JobStatus.FAILED,
            rate_limit=RateLimitInfo(100, 1, NOW + 20_000),
        )
        store.end_call(end)
        assert next_call(store, at=NOW + 1, limits=limits) is not None
        assert next_call(store, at=NOW + 2, limits=limits) is None
        assert next_call(store, at=NOW + 20_000, limits=limits) is not None

    def test_a_429_holds_its_lane_alone(self, open_store: Callable[[], Store]) -> None:
        store = open_store()
        create(store)
        voice = create(store, **VOICE)
        call = submission(store)
        store.end_call(
            CallOutcome(call, NOW, JobStatus.QUEUED, "slow", due_at=NOW, hold_bucket_until=NOW + 9_000)
        )
        assert submission(store).job_id == voice
        assert next_call(store, at=NOW + 8_999) is None
        assert submission(store, at=NOW + 9_000).job_id == call.job_id

    def test_what_failed_waits_for_its_time(self, open_store: Callable[[], Store]) -> None:
        store = open_store()
        create(store)
        store.end_call(queued_again(submission(store), NOW + 5_000))
        assert next_call(store, at=NOW + 4_999) is None
        assert submission(store, at=NOW + 5_000).tries == 1

    def test_our_own_budget_holds_for_any_day(self, open_store: Callable[[], Store]) -> None:
        store = open_store()
        for _ in range(3):
            create(store, estimate=60)
        limits = replace(PLENTY, credits_per_day=100)
        assert count(store, at=NOW, limits=limits) == 2  # each cost 30 in truth
        assert store.queue_state(ACCOUNT, now=NOW).used == 60

    def test_a_job_that_does_not_fit_the_budget_waits_for_the_next_day(
        self, open_store: Callable[[], Store]
    ) -> None:
        store = open_store()
        create(store, at=NOW - 1, estimate=60)
        create(store, estimate=80)
        limits = replace(PLENTY, credits_per_day=100)
        sent(store, submission(store, limits=limits), "vgen_1")
        assert next_call(store, limits=limits) is None
        assert isinstance(next_call(store, at=NOW + DAY, limits=limits, prefer=Submission), Submission)

    @pytest.mark.parametrize(
        ("unfit", "limits", "why"),
        [
            ({"estimate": 60}, replace(PLENTY, credits_per_day=40), "(CREATIVEAI_CREDITS_PER_DAY) is 40."),
            ({"videos": 11}, replace(PLENTY, videos_per_day=10), "(CREATIVEAI_VIDEOS_PER_DAY) is 10."),
        ],
        ids=["credits", "videos"],
    )
    def test_a_job_that_no_day_could_cover_is_held_with_the_reason_and_those_behind_it_go(
        self, open_store: Callable[[], Store], unfit: dict[str, int], limits: QueueLimits, why: str
    ) -> None:
        store = open_store()
        too_large = create(store, **({"estimate": 30} | unfit))
        behind = create(store, at=NOW + 1, estimate=30)
        assert submission(store, at=NOW + 1, limits=limits).job_id == behind
        held = the_job(store, too_large)
        assert held.status is JobStatus.HELD
        assert why in held.status_reason
        assert "nothing was charged" in held.status_reason
        assert "Raise the limit" in held.status_reason
        assert store.queue_position(too_large, now=NOW) is None
        assert store.queue_state(ACCOUNT, now=NOW).held == 1
        assert next_call(store, at=NOW + DAY, limits=limits, prefer=Submission) != too_large
        assert the_job(store, too_large) == held

    def test_what_is_held_for_a_limit_goes_on_when_the_limit_is_raised(
        self, open_store: Callable[[], Store]
    ) -> None:
        store = open_store()
        low, high = replace(PLENTY, credits_per_day=40), replace(PLENTY, credits_per_day=60)
        job_id = create(store, estimate=60)
        assert next_call(store, limits=low) is None
        assert next_call(open_store(), at=NOW + DAY, limits=low) is None
        call = submission(store, at=NOW + DAY, limits=high)
        assert call.job_id == job_id
        assert (the_job(store, job_id).status, the_job(store, job_id).status_reason) == ("submitted", "")

    def test_limits_that_are_lowered_hold_what_waits_and_a_retry_is_checked_again(
        self, open_store: Callable[[], Store]
    ) -> None:
        store = open_store()
        job_id = create(store, estimate=60)
        other = create(store, at=NOW + 1, **VOICE)
        low = replace(PLENTY, credits_per_day=40)
        assert submission(store, at=NOW + 1, limits=low).job_id == other
        assert store.retry_job(job_id, now=NOW + 2)
        assert the_job(store, job_id).status is JobStatus.QUEUED
        assert next_call(store, at=NOW + 2, limits=low) is None
        assert the_job(store, job_id).status is JobStatus.HELD
        assert store.cancel_job(job_id, now=NOW + 3)
        assert next_call(store, at=NOW + DAY, limits=PLENTY, prefer=Submission) is None

    def test_a_lost_answer_of_a_job_that_a_limit_held_is_not_sent_again(
        self, open_store: Callable[[], Store]
    ) -> None:
        store = open_store()
        job_id = create(store, estimate=60)
        assert next_call(store, limits=replace(PLENTY, credits_per_day=40)) is None
        store.end_call(CallOutcome(submission(store), NOW, JobStatus.HELD, "lost"))
        assert next_call(store, at=NOW + DAY) is None
        assert the_job(store, job_id).status_reason == "lost"

    def test_a_submit_that_was_cut_off_is_held_and_not_sent_again(
        self, open_store: Callable[[], Store]
    ) -> None:
        store = open_store()
        job_id = create(store)
        submission(store)
        assert next_call(open_store(), at=NOW + 10_000) is None
        held = the_job(store, job_id)
        assert held.status is JobStatus.HELD
        assert "may have started and charged it" in held.status_reason
        assert next_call(store, at=NOW + DAY) is None

    def test_its_webhook_finds_what_was_held(self, open_store: Callable[[], Store]) -> None:
        store = open_store()
        job_id = create(store)
        call = submission(store)
        next_call(store, at=NOW + 10_000)
        told(store, call, result("vgen_1"), at=NOW + 20_000)
        job = the_job(store, job_id)
        assert (job.status, job.vendor_id, job.found_by) == (JobStatus.COMPLETED, "vgen_1", "webhook")
        assert statuses(store) == {"completed": "pending"}

    def test_a_webhook_may_come_before_the_answer(self, open_store: Callable[[], Store]) -> None:
        store = open_store()
        job_id = create(store)
        call = submission(store)
        told(store, call, result("vgen_1"))
        assert sent(store, call, "vgen_1", results=[result("vgen_1", "processing")])
        job = the_job(store, job_id)
        assert (job.status, job.poll_at, job.running_until) == (JobStatus.COMPLETED, None, None)
        assert store.generations_of(job_id) == ["vgen_1"]

    def test_a_lost_answer_holds_nothing_that_a_webhook_has_brought(
        self, open_store: Callable[[], Store]
    ) -> None:
        store = open_store()
        job_id = create(store)
        call = submission(store)
        told(store, call, result("vgen_1"))
        store.end_call(CallOutcome(call, NOW, JobStatus.HELD, "lost"))
        assert the_job(store, job_id).status is JobStatus.COMPLETED

    def test_an_answer_that_comes_after_its_lease_is_kept(self, open_store: Callable[[], Store]) -> None:
        store = open_store()
        job_id = create(store)
        call = submission(store)
        next_call(store, at=NOW + 10_000)
        assert not sent(store, call, "vgen_1", at=NOW + 11_000, results=[result("vgen_1", "processing")])
        job = the_job(store, job_id)
        assert (job.status, job.vendor_id) == (JobStatus.PROCESSING, "vgen_1")
        assert job.poll_at is not None

    def test_what_a_lost_lease_failed_to_do_is_not_written(self, open_store: Callable[[], Store]) -> None:
        store = open_store()
        job_id = create(store)
        call = submission(store)
        next_call(store, at=NOW + 10_000)
        assert not store.end_call(CallOutcome(call, NOW + 11_000, JobStatus.QUEUED, "busy", due_at=NOW))
        assert the_job(store, job_id).status is JobStatus.HELD

    def test_a_renewed_lease_lasts(self, open_store: Callable[[], Store]) -> None:
        store = open_store()
        job_id = create(store)
        call = submission(store)
        store.renew_calls([(call.job_id, call.token)], until=NOW + 60_000)
        next_call(store, at=NOW + 20_000)
        assert the_job(store, job_id).status is JobStatus.SUBMITTED

    def test_what_was_not_begun_is_given_back_uncounted(self, open_store: Callable[[], Store]) -> None:
        store = open_store()
        create(store)
        limits = replace(PLENTY, requests_per_minute=1)
        call = submission(store, limits=limits)
        store.release_calls([call], now=NOW)
        again = submission(store, limits=limits)
        assert again.reference == call.reference

    def test_a_paused_queue_sends_nothing_but_polls(self, open_store: Callable[[], Store]) -> None:
        store = open_store()
        create(store)
        first = submission(store)
        sent(store, first, "vgen_1")
        create(store)
        store.pause_queue(ACCOUNT, "no money", now=NOW)
        assert store.queue_state(ACCOUNT, now=NOW).paused_why == "no money"
        store.poll_job(first.job_id, now=NOW)
        assert isinstance(next_call(store), StatusPoll)
        assert next_call(store) is None
        assert store.resume_queue(ACCOUNT, now=NOW)
        assert isinstance(next_call(store), Submission)
        assert not store.resume_queue(ACCOUNT, now=NOW)

    def test_a_pause_ends_at_its_time_or_with_another_key(self, open_store: Callable[[], Store]) -> None:
        store = open_store()
        create(store)
        store.pause_queue(ACCOUNT, "no money", now=NOW, until=NOW + 1000)
        assert next_call(store) is None
        other = store.claim_call("key-2", PLENTY, now=NOW, lease_until=NOW + 1)
        assert isinstance(other, Submission)
        store.release_calls([other], now=NOW)
        assert isinstance(next_call(store, at=NOW + 1000), Submission)

    def test_what_is_held_for_money_goes_on_with_the_queue(self, open_store: Callable[[], Store]) -> None:
        store = open_store()
        job_id = create(store)
        end = CallOutcome(
            submission(store),
            NOW,
            JobStatus.HELD,
            "top up",
            due_at=NOW + DAY,
            pause_why="top up",
            pause_until=NOW + DAY,
        )
        store.end_call(end)
        assert the_job(store, job_id).status is JobStatus.HELD
        assert next_call(store) is None
        store.resume_queue(ACCOUNT, now=NOW)
        assert submission(store).job_id == job_id

    def test_a_batch_is_done_when_its_last_child_is(self, open_store: Callable[[], Store]) -> None:
        store = open_store()
        job_id = create(store, kind="video-batch", videos=3, expected_results=3)
        call = submission(store)
        ids = ("vid_1", "vid_2", "vid_3")
        store.keep_result(
            CallResult(call, NOW, "video_batch_1", ids, NOW + 10_000, "response", credits=90), []
        )
        told(store, call, result("vid_1"), result("vid_2", "failed"))
        assert the_job(store, job_id).status is JobStatus.PROCESSING
        told(store, call, result("vid_3"), at=NOW + 1)
        job = the_job(store, job_id)
        assert (job.status, job.status_reason, job.credits) == (JobStatus.COMPLETED, "1 of 3 failed.", 90)

    def test_results_of_a_step_that_only_feeds_others_go_nowhere(
        self, open_store: Callable[[], Store]
    ) -> None:
        store = open_store()
        create(store, fan_out=False)
        sent(store, submission(store), "vgen_1", results=[result("vgen_1")])
        assert store.deliveries(limit=10) == []

    def test_jobs_of_one_list_are_one_batch_for_those_who_are_told(
        self, open_store: Callable[[], Store]
    ) -> None:
        store = open_store()
        create(store, batch_id="list-1")
        sent(store, submission(store), "vgen_1", results=[result("vgen_1")])
        told = claim_one(store).result
        assert (told.batch_id, told.vendor_batch_id, told.group_id) == ("list-1", "", "list-1")
        (kept,) = store.results("vgen_1")
        assert kept.result.batch_id == "list-1"

    def test_a_batch_of_the_vendor_is_kept_beside_ours(self, open_store: Callable[[], Store]) -> None:
        store = open_store()
        create(store, batch_id="list-1")
        sent(store, submission(store), "vgen_1", results=[result("vgen_1", vendor_batch_id="vb_1")])
        told = claim_one(store).result
        assert (told.batch_id, told.vendor_batch_id, told.group_id) == ("list-1", "vb_1", "list-1")

    def test_a_look_that_was_cut_off_is_made_again(self, open_store: Callable[[], Store]) -> None:
        store = open_store()
        job_id = create(store)
        sent(store, submission(store), "vgen_1")
        store.poll_job(job_id, now=NOW)
        assert isinstance(next_call(store), StatusPoll)
        assert next_call(store, at=NOW + 9_000) is None
        assert isinstance(next_call(store, at=NOW + 10_000), StatusPoll)

    def test_what_ended_is_not_looked_at_again(self, open_store: Callable[[], Store]) -> None:
        store = open_store()
        job_id = create(store)
        call = submission(store)
        sent(store, call, "vgen_1")
        store.poll_job(job_id, now=NOW)
        look = next_call(store)
        assert isinstance(look, StatusPoll)
        told(store, call, result("vgen_1"))
        store.keep_result(
            CallResult(look, NOW, "vgen_1", ("vgen_1",), NOW + 1, "recovered"),
            wanted(result("vgen_1", "processing")),
        )
        assert next_call(store, at=NOW + DAY) is None
        assert the_job(store, job_id).found_by == "webhook"
