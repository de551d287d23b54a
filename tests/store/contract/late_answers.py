"""What comes late: the answer of a lost lease, a webhook of an earlier sending, a poll that was overtaken."""

from collections.abc import Callable
from typing import Any

import pytest

from relay.models.delivery import Selection
from relay.models.job import JobStatus
from relay.models.queue import CallOutcome, CallResult, StatusPoll, Submission
from relay.store.contract.core import Store
from tests.store.contract.jobs import (
    create,
    next_call,
    queued_again,
    sent,
    submission,
    the_job,
    told,
    wanted,
)
from tests.store.contract.make import NOW, SHEET, SHOP, accept_many, claim, ended, result, statuses

DAY = 86_400_000
BATCH: dict[str, Any] = {
    "kind": "video-batch",
    "input": {"prompts": [{"prompt": text} for text in ("One", "Two", "Three")]},
    "videos": 3,
    "expected_results": 3,
}


def polled(store: Store, job_id: str, *, at: int = NOW) -> StatusPoll:
    """The poll of this job, in hand."""
    assert store.poll_job(job_id, now=at)
    call = next_call(store, at=at, prefer=StatusPoll)
    assert isinstance(call, StatusPoll)
    return call


class LateAnswersContract:
    @pytest.mark.parametrize("how", ["refused for now", "sent again by a person"])
    def test_a_job_queued_again_is_completed_by_its_first_sending_and_not_sent_again(
        self, store: Store, how: str
    ) -> None:
        job_id = create(store)
        first = submission(store)
        if how == "refused for now":
            store.end_call(queued_again(first, NOW + 5_000))
        else:
            store.end_call(CallOutcome(first, NOW, JobStatus.FAILED, "Refused."))
            assert store.retry_job(job_id, now=NOW + 1)
        told(store, first, result("vgen_1"), at=NOW + 2_000)
        job = the_job(store, job_id)
        assert (job.status, job.vendor_id, job.due_at) == (JobStatus.COMPLETED, "vgen_1", None)
        assert next_call(store, at=NOW + DAY) is None, "it would be paid twice"
        assert statuses(store) == {"completed": "pending"}

    @pytest.mark.parametrize("status", ["failed", "processing"])
    def test_a_job_queued_again_waits_for_its_turn_whatever_else_its_first_sending_tells(
        self, store: Store, status: str
    ) -> None:
        job_id = create(store)
        first = submission(store)
        store.end_call(queued_again(first, NOW + 5_000))
        told(store, first, result("vgen_1", status), at=NOW + 2_000)
        assert the_job(store, job_id).status is JobStatus.QUEUED
        assert submission(store, at=NOW + 5_000).reference != first.reference

    @pytest.mark.parametrize("batch_id", ["", "video_batch_1"], ids=["not named", "named"])
    def test_a_part_of_a_batch_whose_answer_was_lost_has_it_polled_by_the_batchs_id_or_not_at_all(
        self, store: Store, batch_id: str
    ) -> None:
        """Its videos may call back one by one."""
        job_id = create(store, **BATCH)
        call = submission(store)
        store.end_call(CallOutcome(call, NOW, JobStatus.HELD, "Lost."))
        told(store, call, result("vid_1", vendor_batch_id=batch_id), at=NOW + 1)
        job, poll = the_job(store, job_id), next_call(store, at=NOW + 20_000, prefer=StatusPoll)
        if batch_id:
            assert (job.status, job.vendor_id) == (JobStatus.PROCESSING, batch_id)
            assert isinstance(poll, StatusPoll)
            assert poll.vendor_id == batch_id
        else:
            assert (job.status, job.status_reason, poll) == (JobStatus.HELD, "Lost.", None)
        rest = (result("vid_2", vendor_batch_id=batch_id), result("vid_3", "failed", credits_refunded=30))
        for each in rest:
            told(store, call, each, at=NOW + 30_000)
        ended = the_job(store, job_id)
        assert (ended.status, ended.status_reason) == (JobStatus.COMPLETED, "1 of 3 failed.")
        assert ended.refunded == 30

    def test_a_part_of_a_batch_that_comes_first_hides_no_answer_that_is_lost_then(self, store: Store) -> None:
        job_id = create(store, **BATCH)
        call = submission(store)
        told(store, call, result("vid_1", "failed", credits_refunded=30), at=NOW + 1)
        store.end_call(CallOutcome(call, NOW + 2, JobStatus.HELD, "Lost."))
        job = the_job(store, job_id)
        assert (job.status, job.status_reason, job.poll_at, job.refunded) == (
            JobStatus.HELD,
            "Lost.",
            None,
            30,
        )

    def test_a_batch_whose_answer_names_its_videos_alone_is_not_polled(self, store: Store) -> None:
        job_id = create(store, **BATCH)
        ids = ("vid_1", "vid_2", "vid_3")
        store.keep_result(CallResult(submission(store), NOW, "", ids, None, "response"), [])
        assert the_job(store, job_id).status is JobStatus.PROCESSING
        assert next_call(store, at=NOW + DAY, prefer=StatusPoll) is None

    @pytest.mark.parametrize("status", [JobStatus.FAILED, JobStatus.HELD, None])
    def test_a_poll_that_ends_after_the_webhook_undoes_nothing(
        self, store: Store, status: JobStatus | None
    ) -> None:
        job_id = create(store)
        call = submission(store)
        sent(store, call, "vgen_1")
        poll = polled(store, job_id)
        told(store, call, result("vgen_1"), at=NOW + 1)
        before = the_job(store, job_id)
        store.end_call(CallOutcome(poll, NOW + 2, status, "CreativeAI does not know it.", due_at=NOW + 3))
        after = the_job(store, job_id)
        assert (after.status, after.status_reason, after.poll_at) == (
            JobStatus.COMPLETED,
            before.status_reason,
            None,
        )
        assert next_call(store, at=NOW + DAY) is None

    @pytest.mark.parametrize("status", ["failed", "processing"])
    def test_a_poll_that_was_answered_before_the_webhook_undoes_nothing(
        self, store: Store, status: str
    ) -> None:
        job_id = create(store)
        call = submission(store)
        sent(store, call, "vgen_1")
        poll = polled(store, job_id)
        told(store, call, result("vgen_1"), at=NOW + 1)
        old = CallResult(poll, NOW + 2, "vgen_1", ("vgen_1",), NOW + 3, "recovered")
        store.keep_result(old, wanted(result("vgen_1", status)))
        job = the_job(store, job_id)
        assert (job.status, job.found_by, job.poll_at) == (JobStatus.COMPLETED, "webhook", None)
        assert statuses(store)["completed"] == "pending"

    def test_a_relay_that_dies_during_a_poll_holds_no_job_that_runs(
        self, open_store: Callable[[], Store]
    ) -> None:
        store = open_store()
        job_id = create(store)
        sent(store, submission(store), "vgen_1")
        lost = polled(store, job_id)
        again = next_call(open_store(), at=NOW + 10_000)
        assert isinstance(again, StatusPoll)
        assert again.token > lost.token
        job = the_job(store, job_id)
        assert (job.status, job.status_reason) == (JobStatus.PROCESSING, "")

    @pytest.mark.parametrize("status", [JobStatus.FAILED, JobStatus.QUEUED, JobStatus.HELD])
    def test_a_submit_whose_lease_was_lost_changes_nothing_by_a_late_refusal(
        self, store: Store, status: JobStatus
    ) -> None:
        """A person sent the job again meanwhile: that sending is in hand, and stays so."""
        job_id = create(store)
        lost = submission(store)
        assert next_call(store, at=NOW + 10_000) is None
        assert store.retry_job(job_id, now=NOW + 11_000)
        second = submission(store, at=NOW + 11_000)
        before = the_job(store, job_id)
        assert not store.end_call(CallOutcome(lost, NOW + 12_000, status, "Busy.", due_at=NOW, counts=True))
        assert the_job(store, job_id) == before
        assert sent(store, second, "vgen_2", at=NOW + 13_000)
        assert the_job(store, job_id).vendor_id == "vgen_2"

    def test_a_lost_lease_is_neither_renewed_nor_given_back(self, store: Store) -> None:
        job_id = create(store)
        lost = submission(store)
        next_call(store, at=NOW + 10_000)
        before = the_job(store, job_id)
        store.renew_calls([(lost.job_id, lost.token)], until=NOW + DAY)
        store.release_calls([lost], now=NOW + 11_000)
        assert the_job(store, job_id) == before
        assert not isinstance(next_call(store, at=NOW + 11_000), Submission)

    @pytest.mark.parametrize(
        "chosen",
        [
            Selection(),
            Selection(connection="sheet"),
            Selection(generation_id="vgen_1"),
            Selection(status="pending"),
            Selection(connection="sheet", status="pending"),
            Selection(generation_id="vgen_1", status="pending"),
        ],
        ids=str,
    )
    def test_sending_all_again_leaves_alone_what_is_in_hand(self, store: Store, chosen: Selection) -> None:
        accept_many(store, 2, to=(SHEET, SHOP))
        in_hand = claim(store, SHEET, SHOP, at=NOW + 10).deliveries
        assert len(in_hand) == 4
        assert store.replay(chosen, now=NOW + 11, dry=True) == 0
        assert store.replay(chosen, now=NOW + 11) == 0
        assert store.settle([ended(each) for each in in_hand]) == [], "its leases are as they were"
