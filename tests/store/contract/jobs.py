"""Jobs are asked for once, stand in line fairly, and follow what a person decides."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from relay.models.core import Result, RoutedResult, first_id
from relay.models.job import Job, JobStatus, NewJob, RateBucket, Source, UploadedFile
from relay.models.queue import CallOutcome, CallResult, QueueLimits, StatusPoll, Submission
from relay.store.contract.core import Store
from tests.store.contract.make import NOW, SHEET, accept, claim_one, drain, event, result

PLENTY = QueueLimits(1000, 1000, 1000, 1000, 1000)
ACCOUNT = "key-1"


def new_job(**fields: Any) -> NewJob:
    plain: dict[str, Any] = {
        "kind": "text-to-video",
        "input": {"prompt": "A mug"},
        "context": {"sku": "MUG-1"},
        "source": Source.API,
        "output_kind": "video",
        "rate_bucket": RateBucket.VIDEO,
        "videos": 1,
        "estimate": 60,
    }
    return NewJob(**(plain | fields))


def create(store: Store, *, at: int = NOW, **fields: Any) -> str:
    (created,) = store.create_jobs([new_job(**fields)], now=at)
    return created.job_id


def the_job(store: Store, job_id: str) -> Job:
    job = store.job(job_id)
    assert job is not None
    return job


def next_call(
    store: Store, *, at: int = NOW, limits: QueueLimits = PLENTY, prefer: type = Submission
) -> Submission | StatusPoll | None:
    return store.claim_call(ACCOUNT, limits, now=at, lease_until=at + 10_000, prefer=prefer)


def submission(store: Store, *, at: int = NOW, limits: QueueLimits = PLENTY) -> Submission:
    call = next_call(store, at=at, limits=limits)
    assert isinstance(call, Submission)
    return call


def wanted(*results: Result) -> list[RoutedResult]:
    return [RoutedResult(each, (SHEET.name,)) for each in results]


def sent(
    store: Store, call: Submission, vendor_id: str, *, at: int = NOW, results: Sequence[Result] = ()
) -> bool:
    answer = CallResult(
        call, at, vendor_id, (vendor_id,), poll_at=at + 10_000, found_by="response", credits=30
    )
    return store.keep_result(answer, wanted(*results))


def told(
    store: Store,
    call: Submission,
    *results: Result,
    at: int = NOW,
    routed: Sequence[RoutedResult] | None = None,
) -> None:
    """A webhook to the address that this sending named. `routed` None: to the sheet."""
    arrived = event(*results, at=at)
    referring = type(arrived)(
        **{name: getattr(arrived, name) for name in arrived.__slots__} | {"reference": call.reference}
    )
    store.accept(referring, wanted(*results) if routed is None else routed)


def queued_again(call: Submission, due_at: int, *, at: int = NOW) -> CallOutcome:
    return CallOutcome(call, at, JobStatus.QUEUED, "busy", due_at=due_at, counts=True)


class JobsContract:
    def test_a_job_is_kept_as_it_was_asked_for(self, open_store: Callable[[], Store]) -> None:
        create(open_store())
        (job,) = open_store().jobs(limit=10)
        assert (job.kind, dict(job.input), dict(job.context)) == (
            "text-to-video",
            {"prompt": "A mug"},
            {"sku": "MUG-1"},
        )
        assert (job.status, job.due_at, job.source) == (JobStatus.QUEUED, NOW, Source.API)

    def test_one_idempotency_key_makes_one_job(self, open_store: Callable[[], Store]) -> None:
        store = open_store()
        first = store.create_jobs([new_job(idempotency_key="k", digest="a")], now=NOW)[0]
        again = open_store().create_jobs([new_job(idempotency_key="k", digest="b")], now=NOW + 1)[0]
        assert (first.new, again.new, again.job_id, again.digest) == (True, False, first.job_id, "a")
        assert len(store.jobs(limit=10)) == 1

    def test_lists_are_read_page_by_page_and_by_status_batch_and_pipeline(
        self, open_store: Callable[[], Store]
    ) -> None:
        store = open_store()
        ids = [create(store, at=NOW + n, batch_id="list" if n < 2 else "") for n in range(4)]
        store.cancel_job(ids[0], now=NOW)
        assert [job.id for job in store.jobs(limit=2)] == [ids[3], ids[2]]
        assert [job.id for job in store.jobs(limit=9, before=ids[2])] == [ids[1], ids[0]]
        assert [job.id for job in store.jobs(limit=9, status="canceled")] == [ids[0]]
        assert [job.id for job in store.jobs(limit=9, batch_id="list", status="queued")] == [ids[1]]
        assert store.jobs(limit=9, pipeline_id="none") == []

    def test_what_comes_alone_does_not_wait_for_a_whole_list(self, open_store: Callable[[], Store]) -> None:
        store = open_store()
        store.create_jobs([new_job(batch_id="list") for _ in range(5)], now=NOW)
        assert the_job(store, submission(store).job_id).batch_id == "list"
        alone = create(store, at=NOW + 1)
        turns = [submission(store, at=NOW + 1).job_id for _ in range(5)]
        assert turns.index(alone) <= 1

    def test_a_job_knows_its_place(self, open_store: Callable[[], Store]) -> None:
        store = open_store()
        ids = [create(store, at=NOW + n) for n in range(3)]
        submission(store, at=NOW + 5)
        place = store.queue_position(ids[2], now=NOW + 5)
        assert place is not None
        assert (place.ahead, place.running) == (1, 1)
        assert store.queue_position(ids[0], now=NOW + 5) is None

    def test_only_what_has_not_been_sent_is_canceled(self, open_store: Callable[[], Store]) -> None:
        store = open_store()
        job_id = create(store)
        call = submission(store)
        assert not store.cancel_job(job_id, now=NOW)
        store.end_call(queued_again(call, NOW))
        assert store.cancel_job(job_id, now=NOW)
        assert the_job(store, job_id).status is JobStatus.CANCELED
        assert next_call(store) is None

    def test_a_refund_that_only_a_later_report_names_is_the_jobs_too(self, store: Store) -> None:
        job_id = create(store)
        call = submission(store)
        sent(store, call, "vgen_1")
        told(store, call, result("vgen_1", "failed", error="No capacity"))
        for _ in range(2):
            told(store, call, result("vgen_1", "failed", credits=30.0, credits_refunded=30.0))
        failed = the_job(store, job_id)
        assert (failed.credits, failed.refunded) == (30, 30)

    def test_a_refund_of_an_earlier_sending_is_not_of_the_next(self, store: Store) -> None:
        job_id = create(store)
        first = submission(store)
        sent(store, first, "vgen_1")
        told(store, first, result("vgen_1", "failed", error="No capacity"))
        store.retry_job(job_id, now=NOW)
        sent(store, submission(store), "vgen_2")
        told(store, first, result("vgen_1", "failed", credits_refunded=30.0))
        assert the_job(store, job_id).refunded is None

    def test_a_failed_job_is_sent_again_as_another_sending(self, open_store: Callable[[], Store]) -> None:
        store = open_store()
        job_id = create(store)
        first = submission(store)
        sent(store, first, "vgen_1")
        told(store, first, result("vgen_1", "failed", error="No capacity", credits_refunded=30.0))
        failed = the_job(store, job_id)
        assert (failed.status, failed.status_reason, failed.refunded) == (JobStatus.FAILED, "No capacity", 30)
        assert store.retry_job(job_id, now=NOW)
        second = submission(store)
        assert second.reference != first.reference
        sent(store, second, "vgen_2")
        assert the_job(store, job_id).status is JobStatus.PROCESSING
        told(store, second, result("vgen_2"))
        done = the_job(store, job_id)
        assert (done.status, done.vendor_id, done.found_by) == (JobStatus.COMPLETED, "vgen_2", "webhook")
        assert store.generations_of(job_id) == ["vgen_1", "vgen_2"]

    def test_without_its_files_a_job_is_not_sent_again(self, open_store: Callable[[], Store]) -> None:
        store = open_store()
        picture = UploadedFile("image", "mug.png", "image/png", b"png")
        job_id = create(store, files=(picture,), kind="image-edit", rate_bucket=RateBucket.OTHER)
        assert store.files(job_id) == (picture,)
        store.cancel_job(job_id, now=NOW)
        assert store.files(job_id) == ()
        assert not store.retry_job(job_id, now=NOW)

    def test_files_are_kept_until_the_job_is_sent(self, open_store: Callable[[], Store]) -> None:
        store = open_store()
        picture = UploadedFile("image", "mug.png", "image/png", b"png")
        job_id = create(store, files=(picture,), kind="image-edit", rate_bucket=RateBucket.OTHER)
        call = submission(store)
        store.end_call(CallOutcome(call, NOW, JobStatus.FAILED, "rephrase"))
        assert store.retry_job(job_id, now=NOW)
        call = submission(store)
        assert store.files(job_id) == (picture,)
        store.keep_result(CallResult(call, NOW, job_id, (job_id,), None, "response"), wanted(result(job_id)))
        assert store.files(job_id) == ()

    def test_what_runs_elsewhere_is_followed_once(self, open_store: Callable[[], Store]) -> None:
        store = open_store()
        accept(store, result("vgen_9"))
        job_id = create(store, source=Source.ELSEWHERE, vendor_id="vgen_9")
        again = store.create_jobs([new_job(source=Source.ELSEWHERE, vendor_id="vgen_9")], now=NOW)[0]
        assert (again.new, again.job_id) == (False, job_id)
        job = the_job(store, job_id)
        assert (job.status, job.poll_at) == (JobStatus.COMPLETED, None)

    def test_who_adopts_it_too_adds_to_its_context_and_changes_nothing_in_it(
        self, open_store: Callable[[], Store]
    ) -> None:
        store = open_store()
        job_id = create(store, source=Source.ELSEWHERE, vendor_id="vgen_9", context={"row": "4"})
        for context in ({"sku": "MUG-1"}, {"sku": "CUP-2", "row": "5"}, {}):
            again = new_job(source=Source.ELSEWHERE, vendor_id="vgen_9", context=context)
            assert store.create_jobs([again], now=NOW + 1)[0].job_id == job_id
        whole = {"row": "4", "sku": "MUG-1"}
        assert the_job(store, job_id).context == whole
        accept(store, result("vgen_9"))
        assert claim_one(store).context == whole

    def test_who_adopts_a_batch_too_adds_to_the_context_of_what_is_of_it(
        self, open_store: Callable[[], Store]
    ) -> None:
        store = open_store()
        batch = {"kind": "video-batch", "source": Source.ELSEWHERE, "vendor_id": "video_batch_1"}
        job_id = create(store, **batch, context={})
        look = next_call(store)
        assert isinstance(look, StatusPoll)
        ids = ("vid_1", "vid_2")
        store.keep_result(CallResult(look, NOW, "video_batch_1", ids, None, "recovered"), ())
        create(store, **batch, context={"campaign": "spring"})
        create(store, source=Source.ELSEWHERE, vendor_id="vid_1", context={"sku": "MUG-1"})
        assert the_job(store, job_id).context == {"campaign": "spring"}
        accept(store, result("vid_1"))
        accept(store, result("vid_2"))
        told = {each.result.generation_id: each.context for each in drain(store, SHEET, at=NOW)}
        assert told == {
            "vid_1": {"campaign": "spring", "sku": "MUG-1"},
            "vid_2": {"campaign": "spring"},
        }

    def test_a_sample_is_there_with_its_result_or_not_at_all(self, open_store: Callable[[], Store]) -> None:
        store = open_store()
        done = result("vgen_sample_1", credits=0.0)
        job = new_job(source=Source.SAMPLE, vendor_id="vgen_sample_1", idempotency_key="k", digest="a")
        with pytest.raises(AttributeError):
            store.create_sample(job, event(done), [None])  # type: ignore[list-item]
        assert (store.jobs(limit=9), store.events(limit=9)) == ([], [])
        created = store.create_sample(job, event(done), wanted(done))
        made = the_job(store, created.job_id)
        assert (made.status, made.credits, made.poll_at) == (JobStatus.COMPLETED, 0, None)
        other = result("vgen_sample_2")
        again = store.create_sample(job, event(other), wanted(other))
        assert (again.job_id, again.new) == (created.job_id, False)
        assert [each.delivery_id for each in store.events(limit=9)] == ["vgen_sample_1"]
        assert claim_one(store).context == {"sku": "MUG-1"}
        assert next_call(store, at=NOW + 100_000) is None

    def test_what_runs_elsewhere_is_looked_at(self, open_store: Callable[[], Store]) -> None:
        store = open_store()
        job_id = create(store, source=Source.ELSEWHERE, vendor_id="vgen_9")
        call = next_call(store)
        assert isinstance(call, StatusPoll)
        assert call.vendor_id == "vgen_9"
        store.keep_result(
            CallResult(call, NOW, "vgen_9", ("vgen_9",), None, "recovered"), wanted(result("vgen_9"))
        )
        assert (the_job(store, job_id).found_by, the_job(store, job_id).status) == ("recovered", "completed")
        assert store.claim([SHEET], now=NOW, lease_until=NOW + 1).deliveries[0].context == {"sku": "MUG-1"}

    def test_a_person_names_what_a_lost_answer_had_started(self, open_store: Callable[[], Store]) -> None:
        store = open_store()
        job_id = create(store)
        store.end_call(CallOutcome(submission(store), NOW, JobStatus.HELD, "lost"))
        assert store.link_job(job_id, "vgen_5", now=NOW)
        assert not store.link_job(job_id, "vgen_6", now=NOW)
        call = next_call(store)
        assert isinstance(call, StatusPoll)
        assert call.vendor_id == "vgen_5"

    def test_a_person_lets_it_be_looked_at_now(self, open_store: Callable[[], Store]) -> None:
        store = open_store()
        job_id = create(store)
        sent(store, submission(store), "vgen_1")
        assert next_call(store) is None
        assert store.poll_job(job_id, now=NOW)
        assert isinstance(next_call(store), StatusPoll)
        assert not store.poll_job("job_unknown", now=NOW)

    def test_all_that_run_are_looked_at_but_not_twice_in_half_a_minute(
        self, open_store: Callable[[], Store]
    ) -> None:
        store = open_store()
        create(store)
        sent(store, submission(store), "vgen_1")
        assert store.poll_running(now=NOW + 1) == 1
        look = next_call(store, at=NOW + 1)
        assert isinstance(look, StatusPoll)
        store.end_call(CallOutcome(look, NOW + 2, due_at=NOW + 60_000))
        assert store.poll_running(now=NOW + 10_000) == 0
        assert store.poll_running(now=NOW + 31_000) == 1

    def test_jobs_are_listed_by_kind_state_and_time(self, store: Store) -> None:
        old = create(store, kind="voice")
        video = create(store, at=NOW + 1_000)
        new = create(store, at=NOW + 2_000, kind="voice")
        store.cancel_job(new, now=NOW + 3_000)

        def ids(**chosen: str) -> list[str]:
            return [job.id for job in store.jobs(limit=9, **chosen)]  # type: ignore[arg-type]

        assert ids(kind="voice") == [new, old]
        assert ids(kind="voice", status="canceled") == [new]
        assert ids(since=first_id("job", NOW + 1_000)) == [new, video]
        assert ids(before=first_id("job", NOW + 1_000)) == [old]
        assert ids(kind="voice", since=first_id("job", NOW + 1_000)) == [new]
        assert ids(status="queued", before=first_id("job", NOW + 2_000)) == [video, old]
        assert ids(kind="image") == []

    def test_found_jobs_are_narrowed_too(self, store: Store) -> None:
        old = create(store, kind="voice")
        new = create(store, at=NOW + 2_000)

        def ids(**chosen: str) -> list[str]:
            return [job.id for job in store.find_jobs("mug", limit=9, **chosen)]  # type: ignore[arg-type]

        assert ids() == [new, old]
        assert ids(kind="voice") == [old]
        assert ids(status="failed") == []
        assert ids(since=first_id("job", NOW + 1_000)) == [new]
        assert ids(until=first_id("job", NOW + 1_000)) == [old]
        assert ids(before=new, kind="voice") == [old]
