"""Single misfortunes between a wish and its result, on the real wire: each is survived, none is paid for."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from relay.generation.new_job import new_job
from relay.jobs import Job, JobStatus, QueueLimits, Source
from relay.sandbox import Limits, Misfortune
from tests.acceptance.test_queue import PATIENCE, Rig, rig
from tests.wire import wait_until

PRO = QueueLimits(100)
MUG = {"prompt": "A mug"}


def run(r: Rig, kind: str, wish: Mapping[str, Any], until: str, *ills: Misfortune) -> Job:
    """The only job, once it has come to this status."""
    if ills:
        r.sandbox.order(*ills)
    (created,) = r.store.create_jobs([new_job(kind, wish, source=Source.API)], now=r.now())

    def now() -> Job:
        job = r.store.job(created.job_id)
        assert job is not None
        return job

    with r.queue(PRO, calls_back=True):
        wait_until(lambda: now().status == until, PATIENCE)
    return now()


def test_a_lost_answer_is_held_and_found_by_its_webhook(tmp_path: Path) -> None:
    with rig(tmp_path, Limits()) as r:
        job = run(r, "text-to-video", MUG, "held", Misfortune.LOST_ANSWER)
        assert "its webhook says so" in job.why
        wait_until(lambda: r.jobs()[0].status is JobStatus.COMPLETED, PATIENCE)
        assert r.jobs()[0].found == "webhook"
        assert r.bookings() == {"A mug": 1}


def test_a_webhook_that_is_faster_than_the_answer_finds_its_job(tmp_path: Path) -> None:
    with rig(tmp_path, Limits()) as r:
        job = run(r, "text-to-video", MUG, "completed", Misfortune.WEBHOOK_FIRST)
        assert r.store.generations_of(job.id) == [job.vendor_id]
        assert r.bookings() == {"A mug": 1}


@pytest.mark.parametrize("ill", [Misfortune.TOO_MANY_REQUESTS, Misfortune.UNAVAILABLE])
def test_a_refusal_that_passes_is_waited_out(tmp_path: Path, ill: Misfortune) -> None:
    with rig(tmp_path, Limits()) as r:
        job = run(r, "text-to-video", MUG, "completed", ill)
        assert (job.submission, r.bookings()) == (2, {"A mug": 1})


def test_what_the_vendor_will_not_make_fails_in_its_words(tmp_path: Path) -> None:
    with rig(tmp_path, Limits()) as r:
        job = run(r, "text-to-video", {"prompt": "nsfw"}, "failed")
        assert "You were not charged" in job.why
        assert r.bookings() == {}


def test_a_failed_render_fails_the_job_and_says_what_came_back(tmp_path: Path) -> None:
    with rig(tmp_path, Limits()) as r:
        job = run(r, "text-to-video", MUG, "failed", Misfortune.FAILED)
        assert job.why
        assert job.refunded


def test_a_job_that_failed_and_then_completed_is_completed(tmp_path: Path) -> None:
    with rig(tmp_path, Limits()) as r:
        job = run(r, "text-to-video", MUG, "completed", Misfortune.FAILED_THEN_COMPLETED)
        assert job.why == ""


def test_a_batch_is_done_with_its_last_video(tmp_path: Path) -> None:
    with rig(tmp_path, Limits()) as r:
        job = run(r, "video-batch", {"prompts": "One\nTwo\nThree"}, "completed", Misfortune.PARTIAL_BATCH)
        assert job.why == "1 of 3 failed."
        assert len(r.store.generations_of(job.id)) == 3


def test_an_image_comes_with_the_answer(tmp_path: Path) -> None:
    with rig(tmp_path, Limits()) as r:
        job = run(r, "image", MUG, "completed")
        assert (job.found, r.store.generations_of(job.id)) == ("answer", [job.id])


def test_who_wants_to_be_told_hears_of_it_when_it_is_sent(tmp_path: Path) -> None:
    with rig(tmp_path, Limits()) as r:
        job = run(r, "text-to-video", MUG, "processing")
        (told,) = r.store.deliveries(limit=10)
        assert (told.generation_id, told.result_status) == (job.vendor_id, "processing")
