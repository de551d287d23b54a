"""Steps of a pipeline wait for what the others bring, say so, and are begun once."""

from collections.abc import Mapping
from typing import Any

import pytest

from relay.models.job import Created, Job, JobStatus, NewJob, RateBucket, UploadedFile
from relay.models.queue import CallOutcome
from relay.models.views import ResultRecord
from relay.store.contract.core import Store
from tests.store.contract.archive import accept_held, claim_copies, kept
from tests.store.contract.jobs import new_job, next_call, sent, submission, the_job, told
from tests.store.contract.make import NOW, result, statuses
from tests.store.contract.waking import is_woken_by

DAY = 86_400_000


def step(name: str, *, kind: str = "voice", **fields: Any) -> NewJob:
    plain: dict[str, Any] = {
        "output_kind": kind,
        "rate_bucket": RateBucket.OTHER,
        "videos": 0,
        "fan_out": False,
    }
    return new_job(step=name, kind=kind, **(plain | fields))


def steps() -> list[NewJob]:
    """Two at once and one that needs them both."""
    inputs = {"video_url": "video", "audio_url": "voice"}
    return [
        step("video"),
        step("voice"),
        step("compose", input={"replace_audio": False}, inputs=inputs, fan_out=True),
    ]


def create(store: Store, *of: NewJob, key: str = "", digest: str = "", at: int = NOW) -> Created:
    made = of or steps()
    return store.create_pipeline("ad", made, context={"sku": "A"}, idempotency_key=key, digest=digest, now=at)


def jobs(store: Store, pipeline_id: str) -> dict[str, Job]:
    return {job.step: job for job in store.jobs(limit=20, pipeline_id=pipeline_id)}


def finish(store: Store, *, at: int = NOW, status: str = "completed", **fields: Any) -> str:
    """The next job in line is sent and comes to this. Its step's name, which its generation has too."""
    call = submission(store, at=at)
    name = the_job(store, call.job_id).step
    sent(
        store, call, f"{name}_{call.token}", at=at, results=[result(f"{name}_{call.token}", status, **fields)]
    )
    return name


def only_waiting(store: Store) -> tuple[Job, Mapping[str, ResultRecord]]:
    (found,) = store.waiting_steps(limit=10)
    return found


class PipelinesContract:
    def test_a_pipeline_and_its_jobs_are_made_together(self, store: Store, second: Store) -> None:
        created = create(store)
        assert created.new
        assert second.pipeline(created.job_id) == ("ad", {"sku": "A"}, NOW)
        made = jobs(second, created.job_id)
        assert made.keys() == {"video", "voice", "compose"}
        assert {name: job.due_at for name, job in made.items()} == {
            "video": NOW,
            "voice": NOW,
            "compose": None,
        }
        assert {job.status for job in made.values()} == {JobStatus.QUEUED}
        assert made["compose"].status_reason == "Waits for video and voice."
        assert made["compose"].inputs == {"video_url": "video", "audio_url": "voice"}

    def test_an_unknown_pipeline_is_none(self, store: Store) -> None:
        assert store.pipeline("pipe_none") is None

    def test_they_are_listed_newest_first_page_by_page(self, store: Store, second: Store) -> None:
        assert store.pipelines(limit=9) == []
        ids = [create(store, at=NOW + each).job_id for each in range(3)]
        assert [each.id for each in second.pipelines(limit=2)] == [ids[2], ids[1]]
        (last,) = second.pipelines(limit=2, before=ids[1])
        assert (last.id, last.name, last.context, last.created_at) == (ids[0], "ad", {"sku": "A"}, NOW)
        assert (last.status, last.estimate) == (JobStatus.QUEUED, 180)
        assert finish(store, status="failed")
        assert {each.status for each in second.pipelines(limit=9)} == {JobStatus.QUEUED, JobStatus.FAILED}

    def test_one_idempotency_key_makes_one_pipeline(self, store: Store, second: Store) -> None:
        first = create(store, key="k", digest="a")
        again = create(second, key="k", digest="b")
        assert (again.new, again.job_id, again.digest) == (False, first.job_id, "a")
        assert len(store.jobs(limit=20)) == 3
        assert create(store).new

    def test_a_fault_in_one_step_makes_nothing(self, store: Store) -> None:
        broken = step("voice", input={"text": object()})
        with pytest.raises(TypeError):
            create(store, step("video"), broken, key="k")
        assert store.jobs(limit=20) == []
        assert create(store, key="k").new

    def test_it_wakes_the_workers(self, store: Store, second: Store) -> None:
        waiter = second.listen()
        try:
            assert is_woken_by(lambda: create(store), waiter)
            job_id = jobs(store, store.jobs(limit=1)[0].pipeline_id)["compose"].id
            assert is_woken_by(lambda: store.begin_step(job_id, {}, now=NOW), waiter)
        finally:
            waiter.close()

    def test_a_step_waits_until_all_it_needs_is_there(self, store: Store, second: Store) -> None:
        pipeline_id = create(store).job_id
        assert store.waiting_steps(limit=10) == []
        assert {finish(store), finish(store)} == {"video", "voice"}
        assert next_call(store) is None
        job, brought = only_waiting(second)
        assert job == jobs(store, pipeline_id)["compose"]
        assert {name: each.result.outputs[0].url for name, each in brought.items()} == {
            "video_url": "https://cdn.test/video_1.mp4",
            "audio_url": "https://cdn.test/voice_1.mp4",
        }
        assert {each.received_at for each in brought.values()} == {NOW}

    def test_it_is_begun_once_with_its_whole_input(self, store: Store, second: Store) -> None:
        create(store)
        finish(store)
        finish(store)
        job, _ = only_waiting(store)
        whole = {"replace_audio": False, "video_url": "https://cdn.test/v.mp4"}
        assert store.begin_step(job.id, whole, now=NOW + 5)
        assert not second.begin_step(job.id, {}, now=NOW + 6)
        assert not second.fail_step(job.id, "no", now=NOW + 6)
        assert store.waiting_steps(limit=10) == []
        begun = the_job(store, job.id)
        assert (begun.input, begun.due_at, begun.status_reason) == (whole, NOW + 5, "")
        assert submission(store, at=NOW + 5).input == whole

    def test_one_that_begins_at_once_is_no_waiting_step(self, store: Store) -> None:
        made = jobs(store, create(store).job_id)
        assert not store.begin_step(made["video"].id, {}, now=NOW)
        assert not store.fail_step(made["video"].id, "no", now=NOW)

    def test_what_does_not_fit_fails_in_words(self, store: Store) -> None:
        create(store)
        finish(store)
        finish(store)
        job, _ = only_waiting(store)
        assert store.fail_step(job.id, "It does not fit.", now=NOW + 5)
        failed = the_job(store, job.id)
        assert (failed.status, failed.status_reason, failed.settled_at) == (
            JobStatus.FAILED,
            "It does not fit.",
            NOW + 5,
        )
        assert store.waiting_steps(limit=10) == []
        assert not store.begin_step(job.id, {}, now=NOW + 6)

    def test_those_that_are_ready_do_not_wait_behind_those_that_are_not(self, store: Store) -> None:
        for number in range(3):
            create(store, at=NOW + number)
        ready = create(store, step("edit"), step("video", inputs={"image_url": "edit"}), at=NOW - 1)
        finish(store)
        ((job, _),) = store.waiting_steps(limit=1)
        assert job.pipeline_id == ready.job_id

    def test_several_files_the_first_one_is_handed_on(self, store: Store) -> None:
        create(store, step("images"), step("video", inputs={"image_url": "images"}))
        call = submission(store)
        empty, full = result("i_1", outputs=()), result("i_2")
        sent(store, call, "i_1", results=[empty, full])
        told(store, call, full)
        _, brought = only_waiting(store)
        assert brought["image_url"].result.generation_id == "i_2"

    def test_the_archives_copy_is_handed_out_with_it(self, store: Store) -> None:
        create(store, step("edit"), step("video", inputs={"image_url": "edit"}))
        call = submission(store)
        sent(store, call, "edit_1")
        accept_held(store, result("edit_1"), to=())
        store.settle_copies([kept(each) for each in claim_copies(store)], now=NOW)
        _, brought = only_waiting(store)
        assert [copy.storage for copy in brought["image_url"].copies] == ["local"]

    def test_a_waiting_step_says_what_became_of_what_it_needs(self, store: Store) -> None:
        pipeline_id = create(store).job_id

        def why() -> str:
            store.explain_steps()
            return jobs(store, pipeline_id)["compose"].status_reason

        assert store.explain_steps() == 0
        done = finish(store)
        other = "voice" if done == "video" else "video"
        assert why() == f"Waits for {other}."
        assert finish(store, status="failed") == other
        assert why() == f"Waits for {other}, which failed: send that again."
        assert store.explain_steps() == 0
        store.retry_job(jobs(store, pipeline_id)[other].id, now=NOW)
        assert why() == f"Waits for {other}."
        store.end_call(CallOutcome(submission(store), NOW, JobStatus.HELD, "lost"))
        assert "which is held" in why()
        store.cancel_job(jobs(store, pipeline_id)[other].id, now=NOW)
        assert "which was canceled" in why()

    def test_a_step_that_is_sent_again_waits_for_what_it_needs_now(self, store: Store) -> None:
        create(store, step("edit"), step("video", inputs={"image_url": "edit"}))
        finish(store)
        job, _ = only_waiting(store)
        store.begin_step(job.id, {"image_url": "https://cdn.test/old.png"}, now=NOW)
        assert finish(store, status="failed") == "video"
        assert store.retry_job(job.id, now=NOW + 8 * DAY)
        assert next_call(store, at=NOW + 8 * DAY) is None
        again, brought = only_waiting(store)
        assert (again.id, brought.keys()) == (job.id, {"image_url"})

    def test_a_late_failure_of_what_was_sent_before_does_not_end_its_wait(self, store: Store) -> None:
        create(store, step("edit"), step("video", inputs={"image_url": "edit"}))
        finish(store)
        job, _ = only_waiting(store)
        store.begin_step(job.id, {}, now=NOW)
        call = submission(store)
        store.end_call(CallOutcome(call, NOW, JobStatus.HELD, "lost"))
        store.retry_job(job.id, now=NOW)
        told(store, call, result("video_1", "failed"))
        assert the_job(store, job.id).status is JobStatus.QUEUED
        assert store.begin_step(job.id, {}, now=NOW)

    def test_a_waiting_step_can_be_canceled_and_waits_again_when_retried(self, store: Store) -> None:
        pipeline_id = create(store).job_id
        compose = jobs(store, pipeline_id)["compose"]
        assert store.cancel_job(compose.id, now=NOW)
        assert not store.begin_step(compose.id, {}, now=NOW)
        finish(store)
        finish(store)
        assert store.waiting_steps(limit=10) == []
        assert store.retry_job(compose.id, now=NOW)
        assert next_call(store) is None
        assert only_waiting(store)[0].id == compose.id

    def test_only_the_step_that_delivers_owes_its_result(self, store: Store) -> None:
        create(store)
        names = [finish(store), finish(store)]
        job, _ = only_waiting(store)
        store.begin_step(job.id, {}, now=NOW)
        finish(store)
        assert all(statuses(store, f"{name}_1") == {} for name in names)
        assert statuses(store, "compose_1") == {"completed": "pending"}

    def test_files_go_with_the_step_that_they_were_given_to(self, store: Store) -> None:
        picture = UploadedFile("image", "mug.png", "image/png", b"png")
        pipeline_id = create(store, step("edit", files=(picture,)), step("voice")).job_id
        made = jobs(store, pipeline_id)
        assert (store.files(made["edit"].id), store.files(made["voice"].id)) == ((picture,), ())
