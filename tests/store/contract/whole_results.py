"""A result is whole however it was learned: what its report leaves out is filled from its job."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from relay.generation.kinds import Kind, kinds
from relay.intake.routing import route
from relay.models.connection import Route
from relay.models.core import Output, Result, ResultStatus, RoutedResult
from relay.models.job import JobStatus, NewJob, Source
from relay.models.queue import CallOutcome, CallResult, StatusPoll, Submission
from relay.store.contract.core import Store
from tests.generation.inputs import job_input
from tests.store.contract.jobs import create, next_call, submission, the_job, told
from tests.store.contract.make import NOW, SHEET, accept, claim, claim_one, drain, event, result

CREDITS = 7.0
ALL = frozenset(ResultStatus)
BY_KIND = [
    Route(f"{name} only", "webhook", f"webhook:{name}", ALL, frozenset({name}))
    for name in sorted({each.output_kind for each in kinds()})
]
Way = Callable[[Store, Kind, Submission, list[Result]], None]


def bare(kind: Kind, *ids: str) -> list[Result]:
    """What the poorest report says: the generation is completed, and where its file is."""
    return [
        Result(each, ResultStatus.COMPLETED, kind.output_kind, (Output(f"https://cdn.test/{each}"),))
        for each in ids
    ]


def routed(results: list[Result]) -> tuple[RoutedResult, ...]:
    return route(results, [replace(SHEET, statuses=ALL), *BY_KIND])


def started(store: Store, call: Submission, ids: list[str]) -> None:
    found = CallResult(call, NOW, ids[0], tuple(ids), NOW + 10_000, "response", credits=CREDITS)
    store.keep_result(found, [])


def by_webhook(store: Store, _kind: Kind, call: Submission, results: list[Result]) -> None:
    started(store, call, [each.generation_id for each in results])
    told(store, call, *results, at=NOW + 1, routed=routed(results))


def by_a_webhook_before_the_response(
    store: Store, _kind: Kind, call: Submission, results: list[Result]
) -> None:
    told(store, call, *results, at=NOW + 1, routed=routed(results))
    started(store, call, [each.generation_id for each in results])


def by_the_response_itself(store: Store, _kind: Kind, call: Submission, results: list[Result]) -> None:
    ids = tuple(each.generation_id for each in results)
    found = CallResult(call, NOW + 1, ids[0], ids, None, "response", credits=CREDITS)
    store.keep_result(found, routed(results))


def by_polling(store: Store, _kind: Kind, call: Submission, results: list[Result]) -> None:
    ids = [each.generation_id for each in results]
    started(store, call, ids)
    store.poll_job(call.job_id, now=NOW)
    poll = next_call(store, prefer=StatusPoll)
    assert isinstance(poll, StatusPoll)
    store.keep_result(CallResult(poll, NOW + 1, ids[0], tuple(ids), None, "recovered"), routed(results))


def by_a_webhook_of_each(store: Store, _kind: Kind, call: Submission, results: list[Result]) -> None:
    """Each of a batch may call back for itself."""
    started(store, call, [each.generation_id for each in results])
    for each in reversed(results):
        told(store, call, each, at=NOW + 1, routed=routed([each]))


WAYS = (
    by_webhook,
    by_a_webhook_before_the_response,
    by_the_response_itself,
    by_polling,
    by_a_webhook_of_each,
)
WEBHOOKS = (by_webhook, by_a_webhook_before_the_response, by_a_webhook_of_each)


def ask(store: Store, kind: Kind, **fields: Any) -> None:
    asked = job_input(kind.name)
    job = NewJob(
        kind.name,
        asked.body(),
        {"sku": "MUG-1"},
        Source.API,
        kind.output_kind,
        rate_bucket=kind.rate_bucket,
        expected_results=kind.expected_results(asked),
        estimate=99,
    )
    store.create_jobs([replace(job, **fields)], now=NOW)


class WholeResultsContract:
    @pytest.mark.heavy
    @pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
    @pytest.mark.parametrize("kind", kinds(), ids=lambda kind: kind.name)
    def test_every_kind_and_every_way_hands_the_same_row_to_a_connector(
        self, store: Store, kind: Kind, way: Way
    ) -> None:
        ask(store, kind)
        way(store, kind, submission(store), bare(kind, "gen_1"))
        given, asked = claim_one(store, SHEET, at=NOW + 2).result, job_input(kind.name).body()
        words = asked.get("prompt") or asked.get("text") or asked.get("prompts", [{}])[0].get("prompt", "")
        row = (given.prompt, given.model, given.credits, given.completed_at, given.kind)
        assert row == (words, asked.get("model", ""), CREDITS, "2027-01-15T08:00:00Z", kind.output_kind)

    @pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
    def test_each_video_of_a_batch_has_its_own_prompt_and_no_share_of_the_batchs_credits(
        self, store: Store, way: Way
    ) -> None:
        (kind,) = (each for each in kinds() if each.name == "video-batch")
        prompts = [{"prompt": text} for text in ("One", "Two", "Three")]
        ask(store, kind, input={"prompts": prompts, "model": "auto"}, expected_results=3)
        way(store, kind, submission(store), bare(kind, "gen_1", "gen_2", "gen_3"))
        given = {each.result.generation_id: each.result for each in drain(store, SHEET, at=NOW + 2)}
        assert {name: (each.prompt, each.model, each.credits) for name, each in given.items()} == {
            "gen_1": ("One", "auto", None),
            "gen_2": ("Two", "auto", None),
            "gen_3": ("Three", "auto", None),
        }

    @pytest.mark.parametrize("status", list(ResultStatus), ids=str)
    def test_what_the_report_says_itself_takes_precedence(self, store: Store, status: ResultStatus) -> None:
        create(store, input={"prompt": "A mug", "model": "auto"})
        call = submission(store)
        started(store, call, ["vgen_1"])
        said = {"prompt": "A red mug", "model": "kling-v3", "credits": 3.0, "completed_at": "2026-04-10"}
        told(store, call, result("vgen_1", status, **said))
        given = claim_one(store).result
        assert {name: getattr(given, name) for name in said} == said

    @pytest.mark.parametrize("status", [ResultStatus.PROCESSING, ResultStatus.FAILED], ids=str)
    def test_what_is_not_completed_has_no_charge_and_no_end_of_the_jobs(
        self, store: Store, status: ResultStatus
    ) -> None:
        create(store)
        call = submission(store)
        started(store, call, ["vgen_1"])
        told(store, call, result("vgen_1", status))
        given = claim_one(store).result
        assert (given.prompt, given.credits, given.completed_at) == ("A mug", None, "")

    @pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
    @pytest.mark.parametrize("kind", kinds(), ids=lambda kind: kind.name)
    def test_a_connection_filters_by_the_jobs_kind_whatever_a_webhook_calls_it(
        self, store: Store, kind: Kind, way: Way
    ) -> None:
        for word in ("unknown", "composition", "video"):
            (given,) = bare(kind, f"gen_{word}")
            ask(store, kind)
            way(store, kind, submission(store), [replace(given, kind=word) if way in WEBHOOKS else given])
            claimed = drain(store, SHEET, *BY_KIND, at=NOW + 2)
            assert {each.connection for each in claimed} == {SHEET.name, f"{kind.output_kind} only"}, word

    def test_a_connection_filters_by_the_kind_that_an_earlier_report_named(self, store: Store) -> None:
        """Started elsewhere, so that no job knows it."""
        store.accept(event(begun := result(status="processing", kind="image")), routed([begun]))
        store.accept(event(done := result(kind="unknown"), at=NOW + 1), routed([done]))
        claimed = claim(store, SHEET, *BY_KIND, at=NOW + 2).deliveries
        assert {each.connection for each in claimed} == {SHEET.name, "image only"}

    def test_a_chart_is_described_by_its_title(self, store: Store) -> None:
        create(store, kind="chart-to-video", input={"title": "Q4 Revenue Growth", "duration": 8})
        told(store, submission(store), result("chart_1", kind="chart"))
        assert claim_one(store).result.prompt == "Q4 Revenue Growth"

    def test_an_estimate_is_never_shown_as_a_charge(self, store: Store) -> None:
        job_id = create(store, estimate=99)
        told(store, submission(store), result("vgen_1", "completed"))
        assert claim_one(store).result.credits is None
        assert the_job(store, job_id).credits is None

    def test_the_charge_of_a_later_sending_is_not_that_of_an_earlier_one(self, store: Store) -> None:
        job_id = create(store)
        first = submission(store)
        started(store, first, ["vgen_1"])
        told(store, first, result("vgen_1", "failed"))
        store.retry_job(job_id, now=NOW)
        second = submission(store)
        store.keep_result(CallResult(second, NOW, "vgen_2", ("vgen_2",), None, "response", credits=9), [])
        told(store, first, result("vgen_1", "completed"))
        given = {each.result.generation_id: each.result for each in drain(store, SHEET, at=NOW + 2)}
        assert given["vgen_1"].credits is None

    @pytest.mark.parametrize("adopted", [False, True], ids=["foreign", "adopted"])
    def test_nothing_is_invented_for_what_was_started_elsewhere(self, store: Store, adopted: bool) -> None:
        if adopted:
            create(store, source=Source.ELSEWHERE, vendor_id="vgen_1", input={})
        accept(store, result("vgen_1", "completed"))
        given = claim_one(store).result
        assert (given.prompt, given.model, given.credits, given.completed_at) == ("", "", None, "")

    def test_what_a_person_links_to_its_job_gets_what_the_job_knows(self, store: Store) -> None:
        job_id = create(store)
        store.end_call(CallOutcome(submission(store), NOW, JobStatus.HELD, "lost"))
        accept(store, result("vgen_1", "completed"), at=NOW + 1)
        assert store.link_job(job_id, "vgen_1", now=NOW + 2)
        given = claim_one(store, at=NOW + 3).result
        assert (given.prompt, given.completed_at) == ("A mug", "2027-01-15T08:00:00Z")
