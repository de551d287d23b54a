"""What a webhook left open about a job of ours is asked about; what it says of others is taken as it is."""

import dataclasses
from typing import Any

import pytest

from relay.models.core import Event, Output, Result, UnclearStatus
from relay.models.job import JobStatus, Source
from relay.models.queue import CallOutcome, CallResult, StatusPoll
from relay.store.contract.core import Store
from tests.store.contract.jobs import create, next_call, queued_again, sent, submission, the_job, told, wanted
from tests.store.contract.make import (
    NOW,
    SHEET,
    accept,
    claim_one,
    drain,
    ended,
    event,
    result,
    statuses,
)

MOONLIT = UnclearStatus("vgen_1", "moonlit")
LATER = (Output("https://cdn.test/late.mp4", "video/mp4"),)


def no_file(generation_id: str = "vgen_1", **fields: str) -> Result:
    return result(generation_id, outputs=(), **fields)


def unclear_event(*unclear: UnclearStatus, reference: str = "", at: int = NOW) -> Event:
    return dataclasses.replace(event(at=at), unclear=unclear, reference=reference, status="moonlit")


class UnclearContract:
    def test_a_webhook_without_the_file_is_no_result_of_a_job_that_can_be_polled(self, store: Store) -> None:
        job_id = create(store)
        call = submission(store)
        sent(store, call, "vgen_1")
        told(store, call, no_file(), at=NOW + 5)
        job = the_job(store, job_id)
        assert (job.status, job.poll_at, statuses(store)) == (JobStatus.PROCESSING, NOW + 5, {})
        look = next_call(store, at=NOW + 5)
        assert isinstance(look, StatusPoll)
        assert look.unclear_since == NOW + 5
        found = CallResult(look, NOW + 6, "vgen_1", ("vgen_1",), None, "recovered")
        store.keep_result(found, wanted(result("vgen_1", outputs=LATER)))
        assert the_job(store, job_id).status is JobStatus.COMPLETED
        assert claim_one(store, at=NOW + 7).result.outputs == LATER

    def test_a_later_webhook_with_the_file_completes_it_too(self, store: Store) -> None:
        job_id = create(store)
        call = submission(store)
        sent(store, call, "vgen_1")
        told(store, call, no_file(), at=NOW + 5)
        told(store, call, result("vgen_1", outputs=LATER), at=NOW + 9)
        assert the_job(store, job_id).status is JobStatus.COMPLETED
        assert statuses(store) == {"completed": "pending"}
        assert next_call(store, at=NOW + 99_000) is None

    @pytest.mark.parametrize("how", ["lost", "failed", "canceled", "queued again", "under way"])
    def test_it_is_polled_whatever_its_job_had_come_to(self, store: Store, how: str) -> None:
        job_id = create(store)
        call = submission(store)
        if how == "lost":
            store.end_call(CallOutcome(call, NOW, JobStatus.HELD, "The answer was lost."))
        elif how in ("failed", "canceled"):
            store.end_call(CallOutcome(call, NOW, JobStatus.HELD, "The answer was lost."))
            if how == "canceled":
                store.cancel_job(job_id, now=NOW)
            else:
                told(store, call, result("vgen_1", "failed"), at=NOW + 1)
        elif how == "queued again":
            store.end_call(queued_again(call, NOW + 5_000))
        told(store, call, no_file(), at=NOW + 2)
        job = the_job(store, job_id)
        assert (job.status, job.vendor_id, job.due_at) == (JobStatus.PROCESSING, "vgen_1", None)
        if how == "under way":
            store.end_call(CallOutcome(call, NOW + 3, JobStatus.HELD, "The answer was lost."))
        look = next_call(store, at=NOW + 10_000)
        assert isinstance(look, StatusPoll), "it would be paid twice"
        assert look.vendor_id == "vgen_1"

    def test_without_a_job_that_can_be_polled_it_is_delivered_as_it_is(self, store: Store) -> None:
        accept(store, no_file())
        assert statuses(store) == {"completed": "pending"}

    @pytest.mark.parametrize("what", ["no file", "an unknown word"])
    def test_where_nobody_can_ask_its_job_is_held_until_a_webhook_names_the_file(
        self, store: Store, what: str
    ) -> None:
        job_id = create(store, source=Source.ELSEWHERE, vendor_id="vgen_1")
        left_open = event(no_file()) if what == "no file" else unclear_event(MOONLIT)
        told_why = dataclasses.replace(left_open, hold_reason="CreativeAI names no file.")
        store.accept(told_why, wanted(*told_why.results))
        job = the_job(store, job_id)
        assert (job.status, job.status_reason) == (JobStatus.HELD, "CreativeAI names no file.")
        assert job.poll_at is not None, "as soon as there is a key"
        assert statuses(store) == {}
        accept(store, result("vgen_1", outputs=LATER), at=NOW + 9)
        job = the_job(store, job_id)
        assert (job.status, job.status_reason) == (JobStatus.COMPLETED, "")
        assert statuses(store) == {"completed": "pending"}

    def test_a_failed_poll_says_why_until_one_that_does_not(self, store: Store) -> None:
        job_id = create(store)
        sent(store, submission(store), "vgen_1")

        def polled(at: int, reason: str, **fields: Any) -> str:
            look = next_call(store, at=at)
            assert isinstance(look, StatusPoll)
            store.end_call(CallOutcome(look, at, status_reason=reason, due_at=at + 10_000, **fields))
            return the_job(store, job_id).status_reason

        assert polled(NOW + 10_000, "A page came.") == "A page came."
        assert polled(NOW + 20_000, "") == ""
        assert polled(NOW + 30_000, "Decide.", status=JobStatus.HELD) == "Decide."
        assert polled(NOW + 40_000, "A page came.") == "Decide.", "a person reads that"

    def test_a_sample_is_delivered_as_it_is(self, store: Store) -> None:
        create(store, source=Source.SAMPLE, vendor_id="vgen_1")
        accept(store, no_file())
        assert statuses(store) == {"completed": "pending"}

    def test_a_child_of_a_batch_is_asked_about_by_the_batch(self, store: Store) -> None:
        job_id = create(store, kind="video-batch", expected_results=2)
        call = submission(store)
        store.end_call(CallOutcome(call, NOW, JobStatus.HELD, "The answer was lost."))
        told(
            store,
            call,
            result("vid_1", vendor_batch_id="video_batch_1"),
            no_file("vid_2", vendor_batch_id="video_batch_1"),
            at=NOW + 1,
        )
        assert (the_job(store, job_id).vendor_id, the_job(store, job_id).poll_at) == (
            "video_batch_1",
            NOW + 1,
        )
        assert [each.generation_id for each in store.deliveries(limit=9)] == ["vid_1"]

    def test_an_unknown_word_is_asked_about(self, store: Store) -> None:
        job_id = create(store)
        call = submission(store)
        store.end_call(CallOutcome(call, NOW, JobStatus.HELD, "The answer was lost."))
        store.accept(unclear_event(MOONLIT, reference=call.reference, at=NOW + 1), [])
        job = the_job(store, job_id)
        assert (job.status, job.vendor_id, job.poll_at) == (JobStatus.PROCESSING, "vgen_1", NOW + 1)

    @pytest.mark.parametrize("status", ["failed", "canceled", "queued", "completed"])
    def test_an_unknown_word_undoes_nothing(self, store: Store, status: str) -> None:
        job_id = create(store)
        call = submission(store)
        if status == "queued":
            store.end_call(queued_again(call, NOW + 5_000))
        elif status == "canceled":
            store.end_call(CallOutcome(call, NOW, JobStatus.HELD, "The answer was lost."))
            store.cancel_job(job_id, now=NOW)
        else:
            sent(store, call, "vgen_1", results=[result("vgen_1", status, error="No.")])
        before = the_job(store, job_id)
        assert before.status == status
        store.accept(unclear_event(MOONLIT, reference=call.reference, at=NOW + 1), [])
        assert the_job(store, job_id) == before

    def test_what_a_word_is_said_of_that_nobody_asked_for_changes_nothing(self, store: Store) -> None:
        accepted = store.accept(unclear_event(UnclearStatus("vgen_9", "moonlit")), [])
        assert accepted.new
        assert store.generation("vgen_9") is None

    @pytest.mark.parametrize("word", ["completed", "moonlit"])
    def test_what_a_batch_leaves_open_is_polled_and_makes_no_generation_of_the_batch(
        self, store: Store, word: str
    ) -> None:
        job_id = create(store, kind="video-batch", expected_results=2)
        call = submission(store)
        store.end_call(CallOutcome(call, NOW, JobStatus.HELD, "The answer was lost."))
        of_the_batch = UnclearStatus("video_batch_1", word, (), "video_batch_1")
        store.accept(unclear_event(of_the_batch, reference=call.reference, at=NOW + 1), [])
        job = the_job(store, job_id)
        assert (job.status, job.vendor_id, job.poll_at) == (JobStatus.PROCESSING, "video_batch_1", NOW + 1)
        assert store.generation("video_batch_1") is None

    def test_a_job_is_held_for_a_person_and_polled_on_until_it_is_clear(self, store: Store) -> None:
        job_id = create(store)
        sent(store, submission(store), "vgen_1")

        def looked(at: int, **fields: object) -> StatusPoll:
            look = next_call(store, at=at)
            assert isinstance(look, StatusPoll)
            found = CallResult(look, at, "vgen_1", ("vgen_1",), at + 10_000, "recovered", **fields)  # type: ignore[arg-type]
            store.keep_result(found, [])
            return look

        assert looked(NOW + 10_000, unclear=True).unclear_since is None
        assert looked(NOW + 20_000, unclear=True, hold_reason="No file.").unclear_since == NOW + 10_000
        job = the_job(store, job_id)
        assert (job.status, job.status_reason, job.poll_at) == (JobStatus.HELD, "No file.", NOW + 30_000)
        looked(NOW + 30_000)
        job = the_job(store, job_id)
        assert (job.status, job.status_reason) == (JobStatus.PROCESSING, "")
        assert looked(NOW + 40_000).unclear_since is None

    def test_a_file_that_comes_late_is_delivered_although_its_result_was(self, store: Store) -> None:
        accept(store, no_file())
        store.settle([ended(claim_one(store))])
        assert statuses(store) == {"completed": "delivered"}
        accept(store, result("vgen_1", outputs=LATER), at=NOW + 9)
        assert claim_one(store, at=NOW + 9).result.outputs == LATER
        drain(store, SHEET, at=NOW + 99_000)
        accept(store, result("vgen_1", outputs=LATER), at=NOW + 100_000)
        assert statuses(store) == {"completed": "delivered"}, "known, so it is delivered once"
