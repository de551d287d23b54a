"""Single faults between a request and its result, on the real wire: each is survived, none is paid for."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from relay.creativeai import CreativeAI
from relay.generation.adopt import running_elsewhere
from relay.generation.create_job import new_job
from relay.intake import events
from relay.models.core import ResultStatus
from relay.models.job import Job, JobStatus, Source
from relay.models.queue import QueueLimits
from sandbox import API_KEY, Fault, Limits
from tests.acceptance.queue_worker import SHEET
from tests.acceptance.test_queue import PATIENCE, Rig, rig
from tests.store.contract.make import drain
from tests.wire import wait_until

PRO = QueueLimits(100)
MUG = {"prompt": "A mug"}


def run(r: Rig, kind: str, job_input: Mapping[str, Any], until: str, *ills: Fault) -> Job:
    """The only job, once it has come to this status."""
    if ills:
        r.sandbox.inject(*ills)
    (created,) = r.store.create_jobs([new_job(kind, job_input, source=Source.API)], now=r.now())

    def now() -> Job:
        job = r.store.job(created.job_id)
        assert job is not None
        return job

    with r.queue(PRO, calls_back=True):
        wait_until(lambda: now().status == until, PATIENCE)
    return now()


def test_a_lost_answer_is_held_and_found_by_its_webhook(tmp_path: Path) -> None:
    with rig(tmp_path, Limits()) as r:
        job = run(r, "text-to-video", MUG, "held", Fault.LOST_ANSWER)
        assert "the webhook continues the job" in job.status_reason
        wait_until(lambda: r.jobs()[0].status is JobStatus.COMPLETED, PATIENCE)
        assert r.jobs()[0].found_by == "webhook"
        assert r.bookings() == {"A mug": 1}


def test_a_webhook_that_is_faster_than_the_answer_finds_its_job(tmp_path: Path) -> None:
    with rig(tmp_path, Limits()) as r:
        job = run(r, "text-to-video", MUG, "completed", Fault.WEBHOOK_FIRST)
        assert r.store.generations_of(job.id) == [job.vendor_id]
        assert r.bookings() == {"A mug": 1}


@pytest.mark.parametrize("ill", [Fault.TOO_MANY_REQUESTS, Fault.UNAVAILABLE])
def test_a_refusal_that_passes_is_waited_out(tmp_path: Path, ill: Fault) -> None:
    with rig(tmp_path, Limits()) as r:
        job = run(r, "text-to-video", MUG, "completed", ill)
        assert (job.submission, r.bookings()) == (2, {"A mug": 1})


def test_what_the_vendor_will_not_make_fails_in_its_words(tmp_path: Path) -> None:
    with rig(tmp_path, Limits()) as r:
        job = run(r, "text-to-video", {"prompt": "nsfw"}, "failed")
        assert "You were not charged" in job.status_reason
        assert r.bookings() == {}


def test_a_failed_render_fails_the_job_and_says_what_came_back(tmp_path: Path) -> None:
    with rig(tmp_path, Limits()) as r:
        job = run(r, "text-to-video", MUG, "failed", Fault.FAILED)
        assert job.status_reason
        # A poll may be first to say that it failed; only the webhook names the refund.
        wait_until(lambda: bool(r.jobs()[0].refunded), PATIENCE)


def test_a_job_that_failed_and_then_completed_is_completed(tmp_path: Path) -> None:
    with rig(tmp_path, Limits()) as r:
        job = run(r, "text-to-video", MUG, "completed", Fault.FAILED_THEN_COMPLETED)
        assert job.status_reason == ""


@pytest.mark.parametrize(
    ("ill", "status", "words"),
    [
        (Fault.NO_CREDITS, JobStatus.HELD, "Top up under Billing"),
        (Fault.KEY_REFUSED, JobStatus.QUEUED, "Copy the key again from CreativeAI"),
    ],
)
def test_without_money_or_key_the_queue_stands_still_in_words_until_a_person_lets_it_go_on(
    tmp_path: Path, ill: Fault, status: JobStatus, words: str
) -> None:
    with rig(tmp_path, Limits()) as r, r.queue(PRO):
        running = start(r, "Runs already")
        wait_until(lambda: found(r, running).vendor_id, PATIENCE)
        r.sandbox.inject(ill)
        refused = start(r, "Refused")
        wait_until(lambda: r.store.queue_state("key", now=r.now()).paused_why, PATIENCE)
        state = r.store.queue_state("key", now=r.now())
        assert words in state.paused_why
        assert (state.paused_until is None) is (ill is Fault.KEY_REFUSED)
        assert (found(r, refused).status, words in found(r, refused).status_reason) == (status, True)
        waiting = start(r, "Waits")
        wait_until(lambda: found(r, running).status is JobStatus.COMPLETED, PATIENCE)  # it is asked about
        assert (found(r, waiting).status, r.bookings()) == (JobStatus.QUEUED, {"Runs already": 1})
        assert r.store.resume_queue("key", now=r.now())
        wait_until(r.done, PATIENCE)
        assert r.bookings() == {"Runs already": 1, "Refused": 1, "Waits": 1}
        assert r.store.queue_state("key", now=r.now()).paused_why == ""


@pytest.mark.parametrize("ills", [(), (Fault.CHILDREN_TOO,), (Fault.PARTIAL_BATCH,)])
def test_a_batch_that_others_started_is_completed_with_its_last_video_and_not_before(
    tmp_path: Path, ills: tuple[Fault, ...]
) -> None:
    with rig(tmp_path, Limits()) as r:
        r.sandbox.inject(*ills)
        client = CreativeAI(API_KEY, r.http, events.parse)
        prompts: list[Any] = [{"prompt": text} for text in ("One", "Two", "Three")]
        body: Any = {"prompts": prompts, "webhook_url": f"{r.relay}/webhooks/creativeai"}
        batch = client.videos.generate_batch(body, now=r.now())
        adopted = running_elsewhere(batch.id, {"sku": "MUG-1"})
        (created,) = r.store.create_jobs([adopted], now=r.now())
        with r.queue(PRO):
            wait_until(lambda: found(r, created.job_id).expected_results == 3, PATIENCE)
            assert found(r, created.job_id).status is JobStatus.PROCESSING
            ids = {each.id for each in batch.jobs}
            assert set(r.store.generations_of(created.job_id)) == ids
            wait_until(lambda: found(r, created.job_id).status is JobStatus.COMPLETED, PATIENCE)
            claimed = drain(r.store, SHEET, at=r.now())
        ended = {
            each.result.generation_id for each in claimed if each.result.status != ResultStatus.PROCESSING
        }
        assert ended == ids
        assert {each.context["sku"] for each in claimed} == {"MUG-1"}


def start(r: Rig, prompt: str) -> str:
    job = new_job("text-to-video", {"prompt": prompt}, source=Source.API)
    return r.store.create_jobs([job], now=r.now())[0].job_id


def found(r: Rig, job_id: str) -> Job:
    job = r.store.job(job_id)
    assert job is not None
    return job


def test_a_batch_is_done_with_its_last_video(tmp_path: Path) -> None:
    with rig(tmp_path, Limits()) as r:
        job = run(r, "video-batch", {"prompts": "One\nTwo\nThree"}, "completed", Fault.PARTIAL_BATCH)
        assert job.status_reason == "1 of 3 failed."
        assert len(r.store.generations_of(job.id)) == 3


def test_an_image_comes_with_the_answer(tmp_path: Path) -> None:
    with rig(tmp_path, Limits()) as r:
        job = run(r, "image", MUG, "completed")
        assert (job.found_by, r.store.generations_of(job.id)) == ("response", [job.id])


def test_who_wants_to_be_told_hears_of_it_when_it_is_sent(tmp_path: Path) -> None:
    with rig(tmp_path, Limits()) as r:
        job = run(r, "text-to-video", MUG, "processing")
        (told,) = r.store.deliveries(limit=10)
        assert (told.generation_id, told.result_status) == (job.vendor_id, "processing")
