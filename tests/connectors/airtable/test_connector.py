"""Airtable: one record per generation whatever breaks on the way, and columns of any type, within limits."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from responses import RequestsMock

from connectors.base import Done, Files, Memory
from connectors.columns import DEFAULT_COLUMNS
from relay.errors import RemoteError
from relay.http.client import Http
from relay.models.core import Output, Result, ResultStatus
from sandbox import Config
from tests.connectors.airtable.sandboxed import (
    API,
    BASE,
    FILES,
    OPTIONS,
    TABLE,
    TOKEN,
    Bench,
    airtable,
    by_name,
    expected,
    on_the_bench,
)
from tests.connectors.contract import (
    CONTEXT,
    FAILED,
    FOUR_IMAGES,
    HOSTILE,
    KEY,
    NOW,
    PROCESSING,
    VIDEO,
    Case,
    Kept,
    Refusal,
    StandingContract,
)
from tests.connectors.files import NoFiles
from tests.samples import refusal, refusals

ANY = re.compile(rf"{API}/v0/.*")


SAMPLED = {
    whose: tuple(Refusal(*each) for each in found) for whose, found in refusals("airtable/refusals").items()
}


def refused(word: str) -> Refusal:
    """The sampled refusal with this word in it."""
    return Refusal(*refusal("airtable/refusals", word))


def asked(request: Any) -> dict[str, Any]:
    return dict(json.loads(request.body))


def took(request: Any) -> tuple[int, dict[str, str], str]:
    """Airtable takes it: the record has an id of its own and the cells that were sent."""
    record = asked(request)["records"][0]
    cells = {name: value for name, value in record["fields"].items() if value is not None}
    answer = {"records": [{"id": record.get("id", "recNew"), "createdTime": "", "fields": cells}]}
    return 200, {}, json.dumps(answer)


def takes(net: RequestsMock) -> None:
    net.add_callback("PATCH", ANY, took)


def accepts(net: RequestsMock) -> None:
    takes(net)
    net.get(ANY, status=403, body=refused('"INVALID_PERMISSIONS"').body)  # the columns' IDs may not be read
    net.delete(ANY, json={"deleted": True, "id": "recNew"})


def refuses(net: RequestsMock, answer: Refusal | Exception) -> None:
    for method in ("PATCH", "GET", "DELETE"):
        if isinstance(answer, Exception):
            net.add(method, ANY, body=answer)
        else:
            net.add(method, ANY, status=answer.status, body=answer.body, headers=dict(answer.headers))


def sent(net: RequestsMock) -> list[dict[str, Any]]:
    """The cells of each write."""
    return [
        asked(each.request)["records"][0]["fields"] for each in net.calls if each.request.method == "PATCH"
    ]


def shown(net: RequestsMock) -> str:
    return "\n".join(str(value) for cells in sent(net) for value in cells.values() if value is not None)


def standing(net: RequestsMock) -> list[str]:
    """What the writes add up to: those with the same value in the column to merge on are one record."""
    records: dict[str, dict[str, Any]] = {}
    for call in (each for each in net.calls if each.request.method == "PATCH"):
        (column,) = asked(call.request)["performUpsert"]["fieldsToMergeOn"]
        cells = asked(call.request)["records"][0]["fields"]
        records[cells[column]] = records.get(cells[column], {}) | cells
    return [each["Status"] for each in records.values()]


class TestContract(StandingContract):
    case = Case(
        kind="airtable",
        options=OPTIONS,
        secrets=(TOKEN,),
        accepts=accepts,
        refuses=refuses,
        shown=shown,
        keys=None,
        standing=standing,
        refusals={
            "transient": (
                *SAMPLED["transient"],
                *(Refusal(status, "<html>") for status in (408, 425, 500, 502, 503, 504)),
                Refusal(200, "<html>Welcome to the hotel</html>"),
                Refusal(200, '{"records":[]}'),
                Refusal(200, '{"records":{"id":7}}'),
            ),
            "record": (
                *SAMPLED["record"],
                Refusal(422, "[]"),
                Refusal(400, '"text"'),
                Refusal(418, "teapot"),
            ),
            "connection": (*SAMPLED["connection"], Refusal(402, "")),
        },
    )

    def deliver(
        self, result: Result = VIDEO, memory: Memory | None = None, files: Files | None = None
    ) -> Done:
        return super().deliver(result, by_name() if memory is None else memory, files)

    @pytest.mark.parametrize(
        ("refusal", "words", "step"),
        [
            (refused("UNAUTHORIZED"), "Invalid token", "Make a personal access token"),
            (refused('"INVALID_PERMISSIONS"'), "Not allowed. ", "Add the base to the token's"),
            (refused("404"), "NOT_FOUND", "check the base and the table"),
            (refused("UNKNOWN_FIELD_NAME"), '"Promt"', "Create that column"),
            (refused("INVALID_VALUE_FOR_COLUMN"), '"Credits"', "Change the type"),
        ],
    )
    def test_a_refusal_has_airtable_s_words_and_the_next_step(
        self, refusal: Refusal, words: str, step: str
    ) -> None:
        message = self.failure(refusal).message
        assert words in message
        assert step in message
        assert ".." not in message

    def test_throttling_without_a_time_waits_half_a_minute(self) -> None:
        assert self.failure(Refusal(429)).retry_after == 30

    @pytest.mark.parametrize(
        ("today", "first"),
        [
            (datetime(2026, 11, 22, 10, 30, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)),
            (datetime(2026, 12, 31, 23, 59, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)),
        ],
    )
    def test_the_calls_of_a_month_come_back_at_the_first(self, today: datetime, first: datetime) -> None:
        used_up = refused("PUBLIC_API_BILLING_LIMIT_EXCEEDED").body
        with RequestsMock() as net:
            net.patch(ANY, status=429, body=used_up, headers={"Retry-After": "5"})
            with pytest.raises(RemoteError) as caught:
                self.make().deliver(VIDEO, {}, KEY, by_name(), NoFiles(), round(today.timestamp() * 1000))
        assert caught.value.whose == "connection"
        assert caught.value.retry_after == (first - today).total_seconds()

    def test_only_the_columns_of_the_connection_are_written_in_one_call(self) -> None:
        columns = "generation_id=Key, status=Lage, credits=Preis, context.sku=SKU, context.row=Zeile"
        with RequestsMock() as net:
            takes(net)
            airtable(columns=columns).deliver(VIDEO, CONTEXT, KEY, by_name(columns=columns), NoFiles(), NOW)
            (call,) = net.calls
        assert call.request.url == f"{API}/v0/{BASE}/{TABLE}"
        assert call.request.headers["Authorization"] == f"Bearer {TOKEN}"
        body = asked(call.request)
        assert body["performUpsert"] == {"fieldsToMergeOn": ["Key"]}
        assert body["typecast"] is True
        (record,) = body["records"]
        assert record == {
            "fields": {"Key": "vgen_abc123", "Lage": "completed", "Preis": 30.0, "SKU": "MUG-1", "Zeile": 7}
        }

    def test_the_name_of_a_table_is_quoted(self) -> None:
        table = "Über/Videos & mehr?"
        with RequestsMock() as net:
            takes(net)
            done = airtable(table=table).deliver(VIDEO, {}, KEY, by_name(table=table), NoFiles(), NOW)
            assert net.calls[0].request.url == f"{API}/v0/{BASE}/%C3%9Cber%2FVideos%20%26%20mehr%3F"
        assert done.link == ""

    def test_the_oldest_is_updated_in_whatever_order_they_come(self) -> None:
        days = (20, 18, 19)
        found = [{"id": f"rec{day}", "createdTime": f"2026-11-{day}T10:00:00.000Z"} for day in days]
        with RequestsMock() as net:
            net.patch(ANY, status=422, body=refused("INVALID_RECORDS").body)
            net.get(ANY, json={"records": found})
            takes(net)
            assert self.deliver().link.endswith("/rec18")
            assert len(net.calls) == 3

    def test_two_rows_where_the_token_may_not_read_are_a_fault_of_the_record(self) -> None:
        with RequestsMock() as net:
            net.patch(ANY, status=422, body=refused("INVALID_RECORDS").body)
            net.get(ANY, status=403, body=refused('"INVALID_PERMISSIONS"').body)
            with pytest.raises(RemoteError) as caught:
                self.make().deliver(VIDEO, {}, KEY, by_name(), NoFiles(), NOW)
        assert (caught.value.whose, caught.value.status) == ("record", 422)
        assert "Two match" in caught.value.message

    def test_a_look_up_that_broke_is_tried_again(self) -> None:
        with RequestsMock() as net:
            net.patch(ANY, status=422, body=refused("INVALID_RECORDS").body)
            net.get(ANY, status=503)
            with pytest.raises(RemoteError) as caught:
                self.make().deliver(VIDEO, {}, KEY, by_name(), NoFiles(), NOW)
        assert caught.value.whose == "transient"

    def test_a_value_that_the_column_refuses_is_written_once_and_the_columns_are_read(self) -> None:
        with RequestsMock() as net:
            net.patch(ANY, status=422, body=refused("INVALID_VALUE_FOR_COLUMN").body)
            net.get(ANY, status=403)
            with pytest.raises(RemoteError) as caught:
                self.make().deliver(VIDEO, {}, KEY, by_name(), NoFiles(), NOW)
            assert [call.request.method for call in net.calls] == ["PATCH", "GET"]
        assert caught.value.whose == "record"


@pytest.fixture
def bench() -> Iterator[Bench]:
    with on_the_bench() as bench:
        yield bench


def test_a_result_becomes_a_record_that_its_link_opens(bench: Bench) -> None:
    done = bench.deliver(FOUR_IMAGES)
    (record,) = bench.records()
    assert record["fields"] == expected(FOUR_IMAGES)
    assert done.link == f"https://airtable.com/{BASE}/{TABLE}/{record['id']}"
    assert (done.status, done.note) == (200, "")


@pytest.mark.parametrize(
    "prompt", [HOSTILE, "=1+1", "+49", "@sum", "<img src=x onerror=alert(1)>", "'; drop --"]
)
def test_formulas_and_scripts_arrive_as_they_are(bench: Bench, prompt: str) -> None:
    bench.deliver(replace(VIDEO, prompt=prompt))
    assert bench.cells()[0]["Prompt"] == prompt


def test_every_field_fits_the_columns_of_its_own_name(bench: Bench) -> None:
    columns = ",".join(DEFAULT_COLUMNS)
    result = replace(VIDEO, links_end_at=NOW)
    bench.deliver(result, columns=columns)
    (cells,) = bench.cells()
    assert cells == expected(result) | {"Model": "kling-v3", "Links end": "2026-11-18T11:06:40.000Z"}
    assert bench.airtable(columns=columns, attachment_column="Files").check().ok


def test_a_later_status_empties_what_no_longer_holds(bench: Bench) -> None:
    bench.deliver(FAILED)
    bench.deliver(VIDEO)
    assert bench.cells() == [expected(VIDEO)]
    bench.deliver(replace(FAILED, credits=None, completed_at=""))
    assert bench.cells() == [expected(replace(FAILED, credits=None, completed_at=""))]


def test_processing_then_failed_then_completed_is_one_record_also_after_the_memory_was_lost(
    bench: Bench,
) -> None:
    for result in (PROCESSING, FAILED, VIDEO):
        bench.deliver(result, Kept(), attachment_column="Files")
    (record,) = bench.cells()
    files = record.pop("Files")
    assert [each["url"] for each in files] == [VIDEO.outputs[0].url]
    assert record == expected(VIDEO)


def test_what_people_wrote_into_other_columns_stays(bench: Bench) -> None:
    bench.deliver(PROCESSING)
    (record,) = bench.records()
    bench.call("PATCH", f"/v0/{BASE}/{TABLE}/{record['id']}", {"fields": {"Model": "mine"}})
    bench.deliver(VIDEO)
    assert bench.cells()[0]["Model"] == "mine"


def retried(bench: Bench, result: Result, memory: Kept, **options: str) -> Kept:
    """As the policy would: again after every lost answer, with what the memory kept."""
    for _ in range(50):
        try:
            bench.deliver(result, memory, **options)
        except RemoteError as error:
            if not error.ambiguous:
                raise
            memory = memory.after_crash()
        else:
            return memory.after_crash()
    raise AssertionError("it never got through")


@pytest.mark.slow
def test_with_a_fifth_of_the_answers_lost_the_records_are_the_results_and_nothing_else(bench: Bench) -> None:
    results = [
        replace(VIDEO, generation_id=f"vgen_{n}", prompt=f"{HOSTILE} {n}", credits=float(n))
        for n in range(1, 501)
    ]
    bench.sandbox.drop_responses(0.2, seed=7)
    for number, result in enumerate(results):
        memory = Kept()
        if number % 5 == 0:
            memory = retried(bench, replace(FAILED, generation_id=result.generation_id), memory)
        retried(bench, result, memory)
    bench.sandbox.drop_responses(0)
    assert bench.calls >= 650
    assert bench.cells() == [expected(each) for each in results]


@pytest.mark.heavy
def test_with_lost_answers_files_are_attached_once(bench: Bench) -> None:
    bench.sandbox.drop_responses(0.3, seed=3)
    for number in range(60):
        result = replace(FOUR_IMAGES, generation_id=f"igen_{number}")
        retried(bench, result, retried(bench, result, Kept(), **FILES), **FILES)
    bench.sandbox.drop_responses(0)
    assert [len(each["Files"]) for each in bench.cells()] == [4] * 60
    assert len([each for each in bench.sandbox.received("airtable") if '"filename"' in each.body]) == 60


def test_files_have_names_that_people_can_read(bench: Bench) -> None:
    odd = Output("https://cdn.example.com/f?x=/../../etc/passwd", "image/webp")
    bench.deliver(replace(FOUR_IMAGES, outputs=(*FOUR_IMAGES.outputs[:1], odd)), **FILES)
    assert [each["filename"] for each in bench.cells()[0]["Files"]] == ["igen_4_1.png", "igen_4_2.webp"]


def test_a_link_that_nobody_can_fetch_costs_the_others_nothing(bench: Bench) -> None:
    odd = tuple(Output(url) for url in ("http://[::1", "", "javascript:alert(1)", "https://", "data:,x"))
    bench.deliver(replace(VIDEO, outputs=(*odd, *VIDEO.outputs)), **FILES)
    assert [each["url"] for each in bench.cells()[0]["Files"]] == [VIDEO.outputs[0].url]
    bench.deliver(replace(VIDEO, generation_id="other", outputs=odd), **FILES)
    assert "Files" not in bench.cells()[1]


def test_the_archived_copy_is_what_is_handed_on(bench: Bench) -> None:
    archived = replace(VIDEO.outputs[0], archived_url="https://relay.example.com/a/vgen_abc123.mp4")
    bench.deliver(replace(VIDEO, outputs=(archived,)), **FILES)
    (cells,) = bench.cells()
    assert cells["Link"] == cells["All links"] == cells["Files"][0]["url"] == archived.archived_url


def test_files_are_attached_when_the_first_ones_arrive_and_never_again(bench: Bench) -> None:
    memory = Kept()
    for result, calls in ((PROCESSING, 2), (FAILED, 3), (VIDEO, 5), (VIDEO, 6)):
        bench.deliver(result, memory, **FILES)
        memory = memory.after_crash()
        assert bench.calls == calls
    (record,) = bench.records()
    emptied = {"fields": {"Files": None}}
    bench.call("PATCH", f"/v0/{BASE}/{TABLE}/{record['id']}", emptied)
    bench.deliver(VIDEO, memory, **FILES)
    assert "Files" not in bench.cells()[0]


@pytest.mark.parametrize("column", ["Files", "by its id"])
def test_after_the_memory_was_lost_the_record_tells_that_it_has_its_files(bench: Bench, column: str) -> None:
    if column == "by its id":
        (table,) = bench.call("GET", f"/v0/meta/bases/{BASE}/tables")["tables"]
        (column,) = (each["id"] for each in table["fields"] if each["name"] == "Files")
    bench.deliver(VIDEO, Kept(), attachment_column=column)
    before = bench.cells()
    calls = bench.calls
    bench.deliver(VIDEO, Kept(), attachment_column=column)
    assert bench.cells() == before
    assert bench.calls == calls + 2  # the IDs of the columns are read anew


def test_a_record_that_somebody_deleted_is_made_anew_with_its_files(bench: Bench) -> None:
    memory = Kept()
    bench.deliver(VIDEO, memory, **FILES)
    bench.call("DELETE", f"/v0/{BASE}/{TABLE}/{bench.records()[0]['id']}")
    bench.deliver(VIDEO, memory, **FILES)
    assert [len(each["Files"]) for each in bench.cells()] == [1]


def test_files_that_airtable_cannot_fetch_are_told_and_tried_at_the_next_delivery(bench: Bench) -> None:
    lost = replace(VIDEO, outputs=(Output("https://gone.invalid/a.mp4"),))
    memory = Kept()
    assert "could not fetch" in bench.deliver(lost, memory, **FILES).note
    assert bench.deliver(VIDEO, memory, **FILES).note == ""
    assert len(bench.cells()[0]["Files"]) == 1


class Stop(BaseException):
    """The process ends here."""


class Dying(Kept):
    def save(self) -> None:
        raise Stop


class DyingHttp(Http):
    """Sends so many calls, and dies when the last was answered."""

    def __init__(self, calls: int, url: str) -> None:
        super().__init__(origin_map={API: url})
        self._left = calls

    def send(self, *args: Any, **kwargs: Any) -> Any:
        answer = super().send(*args, **kwargs)
        self._left -= 1
        if not self._left:
            raise Stop
        return answer


@pytest.mark.parametrize("after", ["the record", "the files", "saving nothing"])
def test_a_crash_after_any_step_leaves_one_whole_record(bench: Bench, after: str) -> None:
    http = DyingHttp({"the record": 1, "the files": 2}.get(after, 99), bench.sandbox.url)
    memory = Dying()
    with pytest.raises(Stop):
        airtable(http, **FILES).deliver(VIDEO, CONTEXT, KEY, memory, NoFiles(), NOW)
    http.close()
    bench.deliver(VIDEO, memory.after_crash(), **FILES)
    (cells,) = bench.cells()
    assert len(cells.pop("Files")) == 1
    assert cells == expected(VIDEO)
    writes = [each for each in bench.sandbox.received("airtable") if "filename" in each.body]
    assert len(writes) == 1


@pytest.mark.parametrize("generation_id", ["vgen_1", "it's", "\\'", "a\\", "{b}', '", '"c"', "ü & % + d"])
def test_of_several_records_with_one_id_the_oldest_is_kept_up_to_date(
    bench: Bench, generation_id: str
) -> None:
    copies = [{"fields": {"Generation ID": generation_id}}] * 3 + [
        {"fields": {"Generation ID": "vgen_other"}}
    ]
    bench.call("POST", f"/v0/{BASE}/{TABLE}", {"records": copies})
    result = replace(VIDEO, generation_id=generation_id)
    done = bench.deliver(result)
    first, *others = bench.cells()
    assert first == expected(result)
    assert others == [each["fields"] for each in copies[1:]]
    assert done.note.startswith("3 records have this generation id; the oldest was updated.")


def test_a_column_with_a_brace_is_escaped_in_the_look_up(bench: Bench) -> None:
    added = {"base": "appOther00000000", "table": "T", "columns": {"a}b\\c": "singleLineText"}}
    bench.call("POST", "/sandbox/airtable/tables", added)
    rows = [{"fields": {"a}b\\c": "vgen_abc123"}}] * 2
    bench.call("POST", "/v0/appOther00000000/T", {"records": rows})
    done = bench.deliver(VIDEO, base_id="appOther00000000", table="T", columns="generation_id=a}b\\c")
    assert "2 records" in done.note


@pytest.mark.heavy
@pytest.mark.parametrize("attachment_column", ["", "Files"])
def test_results_at_the_stated_pace_are_never_throttled(attachment_column: str) -> None:
    now = [1_800_000_000.0]
    with on_the_bench(Config(clock=lambda: now[0])) as bench:
        connector = bench.airtable(attachment_column=attachment_column)
        pace = connector.pace
        assert pace.concurrency == 1
        assert pace.calls_per_second is not None
        memory = Kept()
        for number in range(200):
            memory = memory.of_the_next()
            connector.deliver(replace(VIDEO, generation_id=f"vgen_{number}"), {}, KEY, memory, NoFiles(), NOW)
            now[0] += 1 / pace.calls_per_second
        assert len(bench.cells()) == 200


def test_too_many_calls_rest_the_base_for_its_penalty() -> None:
    with on_the_bench(Config(clock=lambda: 1_800_000_000.0)) as bench:
        for _ in range(5):
            bench.deliver(VIDEO, by_name())
        with pytest.raises(RemoteError) as caught:
            bench.deliver(VIDEO, by_name())
    error = caught.value
    assert (error.status, error.whose, error.retry_after) == (429, "transient", 30)
    assert "Rate limit exceeded" in error.message


def test_a_cell_is_never_longer_than_airtable_takes() -> None:
    with RequestsMock() as net:
        takes(net)
        airtable().deliver(
            replace(VIDEO, status=ResultStatus.FAILED, error="x" * 120_000),
            {},
            KEY,
            by_name(),
            NoFiles(),
            NOW,
        )
        assert len(sent(net)[0]["Error"]) == 100_000
