"""What counts against the vendor's limits: videos that were made, calls from their end, new headers."""

from dataclasses import replace

import pytest

from relay.models.job import JobStatus, RateBucket
from relay.models.queue import CallOutcome, RateLimitInfo, StatusPoll, Submission
from relay.store.contract.core import Store
from tests.store.contract.jobs import ACCOUNT, PLENTY, create, next_call, sent, submission
from tests.store.contract.make import NOW, result

MINUTE = 60_000
IMAGE = {"kind": "image", "output_kind": "image", "rate_bucket": RateBucket.OTHER, "videos": 0, "estimate": 2}
ONE_VIDEO_A_DAY = replace(PLENTY, videos_per_day=1)


class AllowancesContract:
    @pytest.mark.parametrize(
        ("status", "uses_it_up"),
        [(JobStatus.FAILED, False), (JobStatus.QUEUED, False), (JobStatus.HELD, True)],
        ids=["refused", "refused for now", "answer lost"],
    )
    def test_a_video_that_was_refused_does_not_use_up_the_day(
        self, store: Store, status: JobStatus, uses_it_up: bool
    ) -> None:
        """Of a lost answer nobody knows: it may have been made."""
        create(store)
        due_at = NOW + 30 * MINUTE if status is JobStatus.QUEUED else None
        store.end_call(CallOutcome(submission(store), NOW, status, "No.", due_at=due_at))
        create(store, at=NOW + 1)
        call = next_call(store, at=NOW + MINUTE, limits=ONE_VIDEO_A_DAY)
        assert (call is None) is uses_it_up

    def test_images_are_no_videos(self, store: Store) -> None:
        for number in range(3):
            create(store, **IMAGE)
            call = submission(store, limits=ONE_VIDEO_A_DAY)
            sent(store, call, f"img_{number}", results=[result(f"img_{number}")])
        video = create(store)
        assert submission(store, limits=ONE_VIDEO_A_DAY).job_id == video
        create(store)
        assert next_call(store, limits=ONE_VIDEO_A_DAY) is None
        image = create(store, **IMAGE)
        assert submission(store, limits=ONE_VIDEO_A_DAY).job_id == image

    def test_a_batch_uses_up_a_place_for_each_of_its_videos(self, store: Store) -> None:
        limits = replace(PLENTY, videos_per_day=5)
        create(store, kind="video-batch", videos=4, expected_results=4)
        call = submission(store, limits=limits)
        sent(store, call, "vid_1", results=[result("vid_1")])
        assert store.queue_state(ACCOUNT, now=NOW).videos_today == 4
        single, another = create(store), create(store, at=NOW + 1)
        assert submission(store, at=NOW + 1, limits=limits).job_id == single
        assert not isinstance(next_call(store, at=NOW + 1, limits=limits), Submission), another

    def test_headers_that_are_older_do_not_replace_newer_ones(self, store: Store) -> None:
        for _ in range(3):
            create(store, **IMAGE)
        slow, quick = submission(store), submission(store)
        store.end_call(
            CallOutcome(quick, NOW + 10, JobStatus.FAILED, rate_limit=RateLimitInfo(100, 1, NOW + MINUTE))
        )
        store.end_call(
            CallOutcome(slow, NOW + 5, JobStatus.FAILED, rate_limit=RateLimitInfo(100, 0, NOW + MINUTE))
        )
        assert isinstance(next_call(store, at=NOW + 20), Submission)

    def test_headers_that_are_newer_do(self, store: Store) -> None:
        for _ in range(3):
            create(store, **IMAGE)
        one, other = submission(store), submission(store)
        store.end_call(
            CallOutcome(one, NOW + 5, JobStatus.FAILED, rate_limit=RateLimitInfo(100, 1, NOW + MINUTE))
        )
        store.end_call(
            CallOutcome(other, NOW + 10, JobStatus.FAILED, rate_limit=RateLimitInfo(100, 0, NOW + MINUTE))
        )
        assert next_call(store, at=NOW + 20) is None
        assert isinstance(next_call(store, at=NOW + MINUTE), Submission)

    @pytest.mark.parametrize("kind", ["submit", "poll"])
    def test_a_long_call_counts_from_its_end_and_as_long_as_it_is_under_way(
        self, store: Store, kind: str
    ) -> None:
        limits = replace(PLENTY, requests_per_minute=1)
        job_id = create(store, **IMAGE)
        call = submission(store)
        begun = NOW
        if kind == "poll":
            sent(store, call, "img_1")
            begun = NOW + 10 * MINUTE
            store.poll_job(job_id, now=begun)
            poll = next_call(store, at=begun, limits=limits, prefer=StatusPoll)
            assert isinstance(poll, StatusPoll)
        waits = create(store, at=begun, **IMAGE)
        leased = poll if kind == "poll" else call
        store.renew_calls([(job_id, leased.token)], until=begun + 80_000)
        assert next_call(store, at=begun + 71_000, limits=limits) is None, (
            "it would have ended without renewal"
        )
        ended = begun + 75_000
        store.end_call(
            CallOutcome(leased, ended, due_at=ended + 30 * MINUTE)
            if kind == "poll"
            else CallOutcome(leased, ended, JobStatus.FAILED, "Too late.")
        )
        assert next_call(store, at=ended + MINUTE - 1, limits=limits) is None
        assert submission(store, at=ended + MINUTE, limits=limits).job_id == waits

    def test_another_account_has_allowances_of_its_own(self, store: Store) -> None:
        create(store)
        create(store)
        submission(store, limits=ONE_VIDEO_A_DAY)
        assert next_call(store, limits=ONE_VIDEO_A_DAY) is None
        other = store.claim_call(f"{ACCOUNT}-other", ONE_VIDEO_A_DAY, now=NOW, lease_until=NOW + 1)
        assert isinstance(other, Submission)
