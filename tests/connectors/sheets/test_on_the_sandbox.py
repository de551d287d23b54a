"""Sheets against the sandbox: one row per generation, whatever gets lost, whatever people do to the sheet."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
import requests

import connectors
from connectors.base import CheckResult, Connector, Done
from relay.errors import RemoteError
from relay.http.client import Http
from relay.models.core import Result, ResultStatus
from sandbox import Config, PlannedResponse, Sandbox, serve
from tests.connectors.contract import CONTEXT, FAILED, HOSTILE, KEY, PROCESSING, VIDEO, Kept, asked
from tests.connectors.files import NoFiles
from tests.connectors.sheets.google import EMAIL, account
from tests.reference.sheets import every_request_fits
from tests.sandbox.client import Clock

ID = "sandbox-sheet"
NAMES = ["Generation ID", "Status", "Prompt", "Credits", "SKU"]
COLUMNS = "generation_id, status, prompt, credits, context.sku=SKU"
ROW = ["vgen_abc123", "completed", "A clay mug turns on a table", 30.0, "MUG-1"]
READ = "values:batchGetByDataFilter"
Grid = list[list[Any]]


@pytest.fixture(autouse=True)
def _only_what_google_describes() -> Iterator[None]:
    with every_request_fits():
        yield


class Stopping(Http):
    """The process ends after so many calls were carried out."""

    def __init__(self, calls: int, **settings: Any) -> None:
        super().__init__(**settings)
        self.calls_left = calls

    def send(self, *args: Any, **rest: Any) -> Any:
        answer = super().send(*args, **rest)
        self.calls_left -= 1
        if self.calls_left < 0:
            raise KeyboardInterrupt
        return answer


class Scene:
    """A spreadsheet in a sandbox, and what a person and a connector do to it."""

    def __init__(self, sandbox: Sandbox, clock: Clock) -> None:
        self.sandbox, self.clock, self.seen = sandbox, clock, 0
        self.memory = Kept()  # of the last delivery; what it keeps for the connection is the next one's
        self.connector = self.make()

    def make(self, http: Callable[..., Http] = Http, **options: str) -> Connector:
        hosts = ("https://sheets.googleapis.com", "https://oauth2.googleapis.com")
        given = {"service_account": account(), "spreadsheet": ID, "columns": COLUMNS} | options
        kind = connectors.connector("sheets")
        return kind(
            kind.Options.model_validate(given), http(origin_map=dict.fromkeys(hosts, self.sandbox.url))
        )

    def deliver(self, result: Result = VIDEO, connector: Connector | None = None) -> Done:
        """To its end: where the tab had to be prepared, the row comes with the next attempt."""
        connector = connector or self.connector
        for _ in range(5):
            self.memory = self.memory.of_the_next()
            done = connector.deliver(
                result, CONTEXT, KEY, self.memory, NoFiles(), round(self.clock.now * 1000)
            )
            if isinstance(done, Done):
                return done
            assert done.holds
            self.clock.now += done.after
        raise AssertionError("never done")

    def failure(self, **options: str) -> RemoteError:
        with pytest.raises(RemoteError) as caught:
            self.deliver(connector=self.make(**options))
        return caught.value

    def insist(self, result: Result) -> int:
        """As the policy does: again after every transient failure. How many attempts it took."""
        for attempts in range(1, 100):
            try:
                self.deliver(result)
            except RemoteError as error:
                if error.whose != "transient":
                    raise
            else:
                return attempts
        raise AssertionError("never delivered")

    def book(self) -> dict[str, Any]:
        answer = requests.get(f"{self.sandbox.url}/sandbox/sheets/{ID}", timeout=5)
        return dict(answer.json())

    def tabs(self) -> list[str]:
        return [tab["title"] for tab in self.book()["tabs"]]

    def rows(self, title: str = "Results") -> Grid:
        (rows,) = (tab["values"] for tab in self.book()["tabs"] if tab["title"] == title)
        return [[("" if value is None else value) for value in row] for row in rows]

    def edit(self, change: Callable[[Grid], object], **tab: Any) -> None:
        """A person works on the tab Results."""
        book = self.book()
        found = next((each for each in book["tabs"] if each["title"] == "Results"), None)
        if found is None:
            book["tabs"].append(found := {"title": "Results", "sheetId": 77, "values": []})
        change(found["values"])
        found.update(tab)
        requests.post(f"{self.sandbox.url}/sandbox/sheets", json=book, timeout=5).raise_for_status()

    def calls(self) -> list[str]:
        """Since the last look: what was asked of Sheets."""
        found = [item.path.rpartition("/")[2] for item in self.sandbox.received("sheets")]
        self.seen, fresh = len(found), found[self.seen :]
        return fresh


@pytest.fixture
def scenes() -> Iterator[Callable[..., Scene]]:
    started: list[Sandbox] = []

    def start(**settings: Any) -> Scene:
        clock = Clock()
        started.append(serve(config=Config(clock=clock, **settings)))
        return Scene(started[-1], clock)

    yield start
    for sandbox in started:
        sandbox.stop()


@pytest.fixture
def scene(scenes: Callable[..., Scene]) -> Scene:
    return scenes(paced=False)


def insert_column(at: int) -> Callable[[Grid], object]:
    return lambda rows: [row.insert(at, None) for row in rows]


def results(count: int) -> list[Result]:
    return [replace(VIDEO, generation_id=f"vgen_{n}", prompt=f"Prompt {n}") for n in range(count)]


def test_the_first_result_makes_the_tab_and_its_header(scene: Scene) -> None:
    done = scene.deliver()
    assert scene.rows() == [NAMES, ROW]
    (tab,) = (tab for tab in scene.book()["tabs"] if tab["title"] == "Results")
    assert done.link == f"https://docs.google.com/spreadsheets/d/{ID}/edit#gid={tab['sheetId']}&range=A2"
    assert done.status == 200
    assert tab["frozen_rows"] == 1  # sorting leaves the header at the top


def test_every_next_result_is_one_read_and_one_write(scene: Scene) -> None:
    scene.deliver()
    scene.calls()
    scene.deliver(replace(VIDEO, generation_id="vgen_2"))
    scene.deliver()
    assert scene.calls() == [READ, "'Results'!A1:append", READ, "'Results'!A2:E2"]


def test_later_results_of_a_generation_go_to_its_row_and_empty_what_no_longer_holds(scene: Scene) -> None:
    columns = f"{COLUMNS}, error"
    sheets = scene.make(columns=columns)
    for result in (PROCESSING, FAILED, VIDEO):
        scene.deliver(result, sheets)
        assert [row[1] for row in scene.rows()[1:]] == [str(result.status)]
    assert scene.rows() == [[*NAMES, "Error"], [*ROW, ""]]


def test_a_hostile_prompt_stays_text(scene: Scene) -> None:
    scene.deliver(replace(VIDEO, prompt=HOSTILE))
    assert scene.rows()[1][2] == HOSTILE


@pytest.mark.slow
def test_results_with_every_fifth_answer_lost_are_as_many_rows(scene: Scene) -> None:
    scene.deliver()
    scene.sandbox.drop_responses(0.2, seed=7)
    wanted = results(150)
    attempts = sum(scene.insist(result) for result in wanted)
    scene.sandbox.drop_responses(0)
    assert attempts > 185
    assert scene.rows() == [
        NAMES,
        ROW,
        *([each.generation_id, "completed", each.prompt, 30.0, "MUG-1"] for each in wanted),
    ]


def test_an_append_whose_answer_was_lost_is_found_and_not_repeated(scene: Scene) -> None:
    scene.deliver()
    other = replace(VIDEO, generation_id="vgen_2")
    http = scene.make(http=Dropping)
    with pytest.raises(RemoteError) as caught:
        scene.deliver(other, http)
    assert caught.value.ambiguous
    scene.calls()
    scene.deliver(other, http)
    assert scene.calls()[:2] == [READ, "'Results'!A3:E3"]
    assert [row[0] for row in scene.rows()] == ["Generation ID", "vgen_abc123", "vgen_2"]


class Dropping(Http):
    """The answer to the first append is lost."""

    dropped = False

    def send(self, method: str, url: str, **rest: Any) -> Any:
        answer = super().send(method, url, **rest)
        if "append" in url and not self.dropped:
            self.dropped = True
            raise RemoteError("The answer was lost.", ambiguous=True)
        return answer


@pytest.mark.heavy
@pytest.mark.parametrize("calls", range(11))
def test_a_crash_after_any_call_leaves_one_row_and_one_header(scene: Scene, calls: int) -> None:
    sheets = scene.make(http=partial(Stopping, calls))
    crashed = False
    try:
        scene.deliver(connector=sheets)
    except KeyboardInterrupt:
        crashed = True
    assert crashed is (calls < 10)
    scene.deliver()
    assert scene.rows() == [NAMES, ROW]
    assert scene.tabs() == ["Sheet1", "Results"]


@pytest.mark.parametrize(
    "change",
    [
        lambda rows: rows.__setitem__(slice(1, None), sorted(rows[1:], key=lambda row: row[2], reverse=True)),
        lambda rows: rows.insert(1, []),
        lambda rows: rows.insert(3, ["a heading of mine"]),
        lambda rows: rows.append(["vgen_of_mine", "done by hand"]),
        lambda rows: rows.pop(1),
    ],
    ids=["sorted", "row inserted", "row between", "row added", "row deleted"],
)
def test_rows_that_people_move_do_no_harm(scene: Scene, change: Callable[[Grid], object]) -> None:
    first = results(5)
    for result in first:
        scene.deliver(result)
    scene.edit(change)
    before = scene.rows()
    for result in first[1:]:
        scene.deliver(replace(result, credits=31.0))
    scene.deliver(replace(VIDEO, generation_id="vgen_new"))
    after = scene.rows()
    ids = [row[0] for row in after if row]
    assert sorted(ids) == sorted([*(row[0] for row in before if row), "vgen_new"])
    for row in after:
        if row and row[0] in {each.generation_id for each in first[1:]}:
            assert row == [row[0], "completed", f"Prompt {row[0][5:]}", 31.0, "MUG-1"]
    assert [row for row in before if row and not str(row[0]).startswith("vgen_")] == [
        row for row in after if row and not str(row[0]).startswith("vgen_")
    ]


@pytest.mark.parametrize("at", range(6))
def test_a_column_that_people_insert_does_no_harm(scene: Scene, at: int) -> None:
    first, second = results(2)
    scene.deliver(first)
    scene.edit(insert_column(at))
    scene.edit(lambda rows: rows[1].__setitem__(at, "my note"))
    scene.deliver(replace(first, credits=31.0))
    scene.deliver(second)
    header, *rows = scene.rows()
    assert [name for name in header if name not in ("", "Column A")] == NAMES
    assert ("Column A" in header) is (at == 0)
    named = [{name: row[n] for n, name in enumerate(header) if name in NAMES} for row in rows]
    assert [list(row.values()) for row in named] == [
        ["vgen_0", "completed", "Prompt 0", 31.0, "MUG-1"],
        ["vgen_1", "completed", "Prompt 1", 30.0, "MUG-1"],
    ]
    assert rows[0][at] == "my note"


def test_a_key_column_elsewhere_costs_a_second_read_only_once(scene: Scene) -> None:
    scene.edit(lambda rows: rows.extend([["Owner", "SKU", "Generation ID"], ["Ann", "MUG-0", "vgen_0"]]))
    for result in results(3):
        scene.deliver(result)
    assert scene.rows() == [
        ["Owner", "SKU", "Generation ID", "Status", "Prompt", "Credits"],
        ["Ann", "MUG-1", "vgen_0", "completed", "Prompt 0", 30.0],
        ["", "MUG-1", "vgen_1", "completed", "Prompt 1", 30.0],
        ["", "MUG-1", "vgen_2", "completed", "Prompt 2", 30.0],
    ]
    scene.calls()
    scene.deliver(results(4)[3])
    assert scene.calls() == [READ, "'Results'!A1:append"]


@pytest.mark.parametrize("back", ["left", "right"])
def test_a_key_column_that_moves_is_followed_to_column_a_too(scene: Scene, back: str) -> None:
    first, second = results(2)
    scene.edit(lambda rows: rows.append(["Owner", "Generation ID"]))
    scene.deliver(first)
    scene.edit(lambda rows: [row.insert(0, row.pop(1)) for row in rows])
    if back == "right":
        scene.deliver(first)
        scene.edit(lambda rows: [row.insert(1, row.pop(0)) for row in rows])
    scene.deliver(replace(first, credits=31.0))
    scene.deliver(second)
    at = scene.rows()[0].index("Generation ID")
    assert [(row[at], row[4]) for row in scene.rows()[1:]] == [("vgen_0", 31.0), ("vgen_1", 30.0)]


def test_columns_that_move_during_the_read_are_read_again_and_nothing_is_written(scene: Scene) -> None:
    """The header was read with one column as the key's, the keys with another: neither fits the other."""
    scene.deliver()
    scene.edit(insert_column(0))
    before = scene.rows()

    class Moving(Http):
        def send(self, method: str, url: str, **rest: Any) -> Any:
            answer = super().send(method, url, **rest)
            if "batchGet" in url:
                scene.edit(insert_column(0))
            return answer

    with pytest.raises(RemoteError) as caught:
        scene.deliver(connector=scene.make(http=Moving))
    assert (caught.value.whose, caught.value.ambiguous) == ("transient", False)
    assert [[cell for cell in row if cell] for row in scene.rows()] == [
        [cell for cell in row if cell] for row in before
    ]
    scene.deliver()
    assert [row.count("vgen_abc123") for row in scene.rows()] == [0, 1]


@pytest.mark.parametrize(("columns", "widened"), [(6, False), (5, False), (4, True), (2, True)])
def test_a_tab_is_widened_only_where_the_names_do_not_fit(scene: Scene, columns: int, widened: bool) -> None:
    scene.edit(lambda rows: rows.append(["Generation ID", "Status"]), columns=columns)
    scene.deliver()
    assert scene.rows() == [NAMES, ROW]
    assert any("batchUpdate" in call for call in scene.calls()) is widened


@pytest.mark.parametrize("written", ["vgen_abc123", " vgen_abc123", "vgen_abc123  "])
@pytest.mark.parametrize("key", ["vgen_abc123", " vgen_abc123 "])
def test_spaces_around_a_key_make_no_second_row(scene: Scene, written: str, key: str) -> None:
    scene.edit(lambda rows: rows.extend([NAMES, [written, "processing"]]))
    scene.deliver(replace(VIDEO, generation_id=key))
    assert [row[1] for row in scene.rows()[1:]] == ["completed"]


def test_rows_below_a_table_that_ends_early_are_moved_down_and_not_overwritten(scene: Scene) -> None:
    scene.edit(lambda rows: rows.extend([["Owner", None, *NAMES], [None, None, *ROW]]))
    scene.deliver(results(1)[0])
    assert [row[2] for row in scene.rows()] == ["Generation ID", "vgen_0", "vgen_abc123"]
    assert scene.rows()[2] == ["", "", *ROW]


def test_what_people_wrote_beside_the_table_without_a_name_is_not_taken_for_ours(scene: Scene) -> None:
    scene.edit(lambda rows: rows.extend([["Generation ID"], ["vgen_abc123", "note 1", "note 2"]]))
    scene.deliver()
    assert scene.rows() == [
        ["Generation ID", "", "", *NAMES[1:]],
        ["vgen_abc123", "note 1", "note 2", *ROW[1:]],
    ]


def test_a_tab_that_is_too_narrow_is_widened(scene: Scene) -> None:
    scene.edit(lambda rows: rows.append(["Generation ID", "Status"]), columns=2)
    scene.deliver()
    assert scene.rows() == [NAMES, ROW]


def test_a_header_that_was_sorted_down_is_said_and_no_second_one_is_made(scene: Scene) -> None:
    scene.deliver()
    scene.edit(lambda rows: rows.reverse())
    error = scene.failure()
    assert error.whose == "connection"
    assert 'are in row 2 of the tab "Results", and not in row 1' in error.message
    assert scene.rows() == [ROW, NAMES]


def test_of_two_rows_with_one_key_the_first_is_updated_and_the_note_says_so(scene: Scene) -> None:
    scene.deliver(FAILED)
    scene.edit(lambda rows: rows.append(list(rows[1])))
    done = scene.deliver()
    assert [row[1] for row in scene.rows()[1:]] == ["completed", "failed"]
    assert done.note == ("Row 2 was updated. The same id is in row 3 too: delete what is not needed.")


@pytest.mark.parametrize("tab", ["My 'best' tab", "Q1/Q2 #3?", "A1", "Ergebnisse über alles", "a:append"])
def test_any_name_of_a_tab_will_do(scene: Scene, tab: str) -> None:
    sheets = scene.make(tab=tab)
    for result in results(2):
        scene.deliver(result, sheets)
    scene.deliver(results(1)[0], sheets)
    assert [row[0] for row in scene.rows(tab)] == ["Generation ID", "vgen_0", "vgen_1"]


def test_check_says_what_would_be_added_and_writes_nothing(scene: Scene) -> None:
    assert 'no tab "Results" yet' in scene.connector.check().message
    scene.edit(lambda rows: rows.append(["Generation ID", "SKU"]))
    assert "at the right: Status, Prompt, Credits." in scene.connector.check().message
    assert scene.rows() == [["Generation ID", "SKU"]]
    scene.deliver()
    found = scene.connector.check()
    assert found.ok
    assert found.message == f"{EMAIL} can read the spreadsheet. All columns are there."


def test_a_test_row_comes_and_goes_and_leaves_the_others(scene: Scene) -> None:
    scene.deliver()
    found = scene.connector.test(KEY, round(scene.clock.now * 1000))
    assert scene.rows()[2][:3] == [
        f"relay-test-{KEY[:8]}",
        "test",
        "A test from CreativeAI Relay. Nothing was generated.",
    ]
    scene.edit(lambda rows: rows.__setitem__(slice(1, None), rows[:0:-1]))
    assert scene.make().remove_test(found.written).ok
    assert scene.rows() == [NAMES, ROW]
    again = scene.connector.remove_test(found.written)
    assert (again.ok, again.message) == (True, "The test row is gone already.")


def test_a_test_row_that_somebody_copied_goes_with_all_its_copies(scene: Scene) -> None:
    written = scene.connector.test(KEY, round(scene.clock.now * 1000)).written
    for result in results(2):
        scene.deliver(result)
    scene.edit(lambda rows: rows.insert(3, list(rows[1])))
    assert scene.connector.remove_test(written).ok
    assert [row[0] for row in scene.rows()] == ["Generation ID", "vgen_0", "vgen_1"]


def test_a_spreadsheet_that_is_not_shared_says_with_whom_to_share_it(scene: Scene) -> None:
    requests.post(
        f"{scene.sandbox.url}/sandbox/sheets", json={"id": ID, "shared_with": ["else@x.example"]}, timeout=5
    )
    error = scene.failure()
    assert (error.whose, error.status) == ("connection", 403)
    assert error.message.endswith(f"Share the spreadsheet with {EMAIL} as editor.")
    assert asked(scene.connector.check) == CheckResult(False, error.message)


def test_a_spreadsheet_that_does_not_exist_is_said(scene: Scene) -> None:
    error = scene.failure(spreadsheet="no-such-spreadsheet")
    assert (error.whose, error.status) == ("connection", 404)


def test_tokens_that_google_takes_back_are_renewed(scene: Scene) -> None:
    scene.deliver()
    requests.post(f"{scene.sandbox.url}/sandbox/sheets/tokens/revoke", timeout=5).raise_for_status()
    scene.deliver()
    assert len(scene.sandbox.received("google-token")) == 2


def test_a_token_is_renewed_before_it_ends(scene: Scene) -> None:
    scene.deliver()
    minted = scene.sandbox.received("google-token")[0].at
    for seconds, tokens in ((3298, 1), (3299, 2), (6597, 2), (6598, 3)):
        scene.clock.now = minted + seconds
        scene.deliver()
        assert len(scene.sandbox.received("google-token")) == tokens
    assert 401 not in {item.status for item in scene.sandbox.received("sheets")}


def test_a_full_minute_is_answered_429_and_waited_out(scenes: Callable[..., Scene]) -> None:
    scene = scenes(paced=True)

    def deliver_all() -> None:
        for result in results(61):
            scene.deliver(result)

    with pytest.raises(RemoteError) as caught:
        deliver_all()
    assert (caught.value.whose, caught.value.status, caught.value.retry_after) == ("transient", 429, 60)
    scene.clock.now += caught.value.retry_after
    scene.deliver()


@pytest.mark.slow
def test_three_minutes_of_results_at_our_pace_never_meet_the_quota(scenes: Callable[..., Scene]) -> None:
    scene = scenes(paced=True)
    per_second = scene.connector.pace.calls_per_second
    began = scene.clock.now
    assert per_second is not None
    assert scene.connector.pace.concurrency == 1
    for result in results(200):
        scene.deliver(result)
        scene.clock.now += 1 / per_second
    assert len(scene.rows()) == 201
    assert scene.clock.now - began > 180


def test_a_server_error_after_which_nothing_was_written_is_only_repeated(scene: Scene) -> None:
    scene.deliver()
    scene.sandbox.plan_response("sheets", PlannedResponse(503, "busy"), times=2)
    assert scene.insist(replace(VIDEO, generation_id="vgen_2", status=ResultStatus.FAILED)) == 3
    assert [row[:2] for row in scene.rows()[1:]] == [["vgen_abc123", "completed"], ["vgen_2", "failed"]]
