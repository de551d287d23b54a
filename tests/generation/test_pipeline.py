"""Pipelines are fed step by step, taken up after a failure, and no step of them is paid twice."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from relay.generation import pipeline
from relay.generation.pipeline import NewPipeline, Pipeline, ResumedSteps
from relay.generation.request_job import IdempotencyKeyError, request_pipeline
from relay.models.archive import Copy
from relay.models.core import LINKS_LIVE_MS, Output
from relay.models.job import Job, JobStatus
from relay.models.queue import CallOutcome, QueueLimits, Submission
from relay.store.sqlite.store import SqliteStore
from tests.generation.plans import commerce, planned, step
from tests.store.contract.archive import accept_held, claim_copies, kept
from tests.store.contract.jobs import next_call, sent, submission, the_job
from tests.store.contract.make import NOW, result
from tests.store.template import new_database

LINKS = {name: f"https://cdn.creativeai.run/output/{name}" for name in ("edit", "video", "voice")}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    new_database(tmp_path / "relay.db")
    made = SqliteStore(tmp_path / "relay.db")
    made.migrate()
    yield made
    made.close()


TWO = planned(step("edit", "upscale"), step("b", "restore", inputs={"image_url": "edit"}))


requested = partial(request_pipeline, account="key", limits=QueueLimits())


def begin(store: SqliteStore, new: NewPipeline | None = None, *, now: int = NOW) -> str:
    return requested(store, new or commerce(), now=now).job_id


def found(store: SqliteStore, pipeline_id: str) -> Pipeline:
    known = pipeline.find(store, pipeline_id)
    assert known is not None
    return known


def steps_of(store: SqliteStore, pipeline_id: str) -> dict[str, Job]:
    return {job.step: job for job in found(store, pipeline_id).steps}


def finish(store: SqliteStore, *, at: int = NOW, fails: str = "", **fields: Any) -> list[str]:
    """All that stand in line are sent and completed, but for one, and the queue's loop goes round between.

    The names of their steps, in order.
    """
    names: list[str] = []
    while isinstance(call := next_call(store, at=at), Submission):
        name = the_job(store, call.job_id).step
        end: dict[str, Any] = {"outputs": (Output(LINKS.get(name, "https://cdn.test/end.mp4")),)} | fields
        if name == fails:
            end = {"status": "failed", "outputs": (), "error": "No capacity"}
        one = result(f"{name}_{call.job_id}_{call.token}", **end)
        sent(store, call, one.generation_id, at=at, results=[one])
        pipeline.advance(store, at)
        names.append(name)
    return names


def test_the_chain_goes_from_the_photo_to_the_composed_video(store: SqliteStore) -> None:
    pipeline_id = begin(store)
    assert found(store, pipeline_id).status is JobStatus.QUEUED
    names = finish(store)
    assert sorted(names) == ["compose", "edit", "video", "voice"]
    assert names.index("edit") < names.index("video") < names.index("compose") > names.index("voice")
    made = found(store, pipeline_id)
    assert made.status is JobStatus.COMPLETED
    assert [job.step for job in made.steps] == ["edit", "voice", "video", "compose"]
    video, compose = (steps_of(store, pipeline_id)[name] for name in ("video", "compose"))
    assert (video.input["image_url"], video.status_reason) == (LINKS["edit"], "")
    assert compose.input == {"replace_audio": True, "video_url": LINKS["video"], "audio_url": LINKS["voice"]}
    assert {job.submission for job in made.steps} == {1}


def test_a_round_that_broke_off_between_two_steps_is_taken_up_by_the_next(store: SqliteStore) -> None:
    """Killed when it had begun the first of two."""
    ids = [begin(store, TWO, now=NOW + number) for number in range(2)]
    for number in range(2):
        call = submission(store, at=NOW + 1)
        one = result(f"edit_{number}", outputs=(Output(LINKS["edit"]),))
        sent(store, call, one.generation_id, at=NOW + 1, results=[one])
    (job, _), _ = store.waiting_steps(limit=10)
    store.begin_step(job.id, {"image_url": LINKS["edit"]}, now=NOW + 1)
    for _ in range(2):
        pipeline.advance(store, NOW + 2)
    assert [steps_of(store, each)["b"].due_at for each in ids] == [NOW + 1, NOW + 2]
    assert finish(store, at=NOW + 2) == ["b", "b"]


@pytest.mark.parametrize("url", ["http://cdn.creativeai.run/edit.png", "ftp://cdn.test/a", ""])
def test_a_link_that_does_not_fit_fails_the_step_in_words(store: SqliteStore, url: str) -> None:
    pipeline_id = begin(store, TWO)
    finish(store, outputs=(Output(url),) if url else ())
    failed = steps_of(store, pipeline_id)["b"]
    assert (failed.status, failed.submission) == (JobStatus.FAILED, 0)
    assert "nothing was charged" in failed.status_reason
    assert ("image_url" if url else "named no file") in failed.status_reason
    assert next_call(store) is None
    assert found(store, pipeline_id).status is JobStatus.FAILED


def test_after_seven_days_the_archives_copy_is_handed_on(store: SqliteStore) -> None:
    pipeline_id = begin(store, TWO)
    call = submission(store)
    sent(store, call, "edit_1")
    accept_held(store, result("edit_1", outputs=(Output(LINKS["edit"]),)), to=())
    store.settle_copies([kept(each) for each in claim_copies(store)], now=NOW)

    def link(copy: Copy, now: int) -> tuple[str, int | None]:
        return f"https://relay.test/files/{copy.key}?{now}", None

    late = NOW + LINKS_LIVE_MS
    pipeline.advance(store, late, link)
    url = steps_of(store, pipeline_id)["b"].input["image_url"]
    assert url.startswith("https://relay.test/files/")
    assert url.endswith(f"?{late}")


@pytest.mark.parametrize(("age", "status"), [(LINKS_LIVE_MS - 1, "queued"), (LINKS_LIVE_MS, "failed")])
def test_without_a_copy_a_dead_link_fails_the_step(store: SqliteStore, age: int, status: str) -> None:
    pipeline_id = begin(store, TWO)
    call = submission(store)
    sent(store, call, "edit_1", results=[result("edit_1", outputs=(Output(LINKS["edit"]),))])
    pipeline.advance(store, NOW + age)
    fed = steps_of(store, pipeline_id)["b"]
    assert fed.status == status
    assert ("7 days" in fed.status_reason) is (status == "failed")


def test_a_kind_that_is_gone_fails_its_step_and_no_other(store: SqliteStore) -> None:
    old = NewPipeline("", [TWO.jobs[0], replace(TWO.jobs[1], kind="of another version")], {})
    other, pipeline_id = begin(store, old), begin(store, TWO, now=NOW + 1)
    assert finish(store, at=NOW + 1) == ["edit", "edit", "b"]
    assert "no such kind" in steps_of(store, other)["b"].status_reason
    assert found(store, pipeline_id).status is JobStatus.COMPLETED


# -- after a failure


def test_those_behind_a_failed_step_wait_and_say_so(store: SqliteStore) -> None:
    pipeline_id = begin(store)
    finish(store, fails="edit")
    made = steps_of(store, pipeline_id)
    assert (made["edit"].status, made["edit"].status_reason) == (JobStatus.FAILED, "No capacity")
    assert {made[name].status for name in ("video", "compose")} == {JobStatus.QUEUED}
    assert made["video"].status_reason == "Waits for edit, which failed: send that again."
    assert made["compose"].status_reason == "Waits for video."
    assert made["voice"].status is JobStatus.COMPLETED
    assert found(store, pipeline_id).status is JobStatus.FAILED


def test_resuming_sends_the_failed_step_again_and_pays_no_other_twice(store: SqliteStore) -> None:
    pipeline_id = begin(store)
    assert sorted(finish(store, fails="video")) == ["edit", "video", "voice"]
    assert pipeline.resume(store, found(store, pipeline_id), now=NOW) == ResumedSteps(("video",), ())
    assert pipeline.resume(store, found(store, pipeline_id), now=NOW) == ResumedSteps((), ())
    pipeline.advance(store, NOW)
    assert finish(store) == ["video", "compose"]
    sendings = {name: job.submission for name, job in steps_of(store, pipeline_id).items()}
    assert sendings == {"edit": 1, "voice": 1, "video": 2, "compose": 1}
    assert found(store, pipeline_id).status is JobStatus.COMPLETED


def test_a_held_step_is_left_to_a_person(store: SqliteStore) -> None:
    pipeline_id = begin(store, TWO)
    store.end_call(CallOutcome(submission(store), NOW, JobStatus.HELD, "lost"))
    pipeline.advance(store, NOW)
    assert found(store, pipeline_id).status is JobStatus.HELD
    assert "edit, which is held" in steps_of(store, pipeline_id)["b"].status_reason
    assert pipeline.resume(store, found(store, pipeline_id), now=NOW) == ResumedSteps((), ())


def test_canceling_ends_what_is_not_sent_and_resuming_takes_it_up(store: SqliteStore) -> None:
    pipeline_id = begin(store, TWO)
    call = submission(store)
    assert pipeline.cancel(store, found(store, pipeline_id), now=NOW) == ["b"]
    sent(store, call, "edit_1", results=[result("edit_1", outputs=(Output(LINKS["edit"]),))])
    pipeline.advance(store, NOW)
    assert next_call(store) is None
    assert found(store, pipeline_id).status is JobStatus.CANCELED
    assert pipeline.resume(store, found(store, pipeline_id), now=NOW).again == ("b",)
    pipeline.advance(store, NOW)
    assert finish(store) == ["b"]
    assert steps_of(store, pipeline_id)["b"].input == {"image_url": LINKS["edit"]}


def test_a_step_whose_photo_is_gone_cannot_be_sent_again(store: SqliteStore) -> None:
    pipeline_id = begin(store)
    assert len(pipeline.cancel(store, found(store, pipeline_id), now=NOW)) == 4
    resumed = pipeline.resume(store, found(store, pipeline_id), now=NOW)
    assert (set(resumed.again), resumed.lost) == ({"video", "voice", "compose"}, ("edit",))


def test_one_key_makes_one_pipeline(store: SqliteStore) -> None:
    first = requested(store, commerce(), idempotency_key="k", now=NOW)
    again = requested(store, commerce(), idempotency_key="k", now=NOW)
    with pytest.raises(IdempotencyKeyError):
        requested(store, commerce(voice="nova"), idempotency_key="k", now=NOW)
    assert (first.new, again.new) == (True, False)
    assert first.digest == again.digest == commerce().digest != commerce(voice="nova").digest
    assert len(store.jobs(limit=10)) == 4


def test_an_unknown_pipeline_is_not_found(store: SqliteStore) -> None:
    assert pipeline.find(store, "pipe_none") is None
