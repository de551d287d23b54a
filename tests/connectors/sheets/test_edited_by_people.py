"""A person edits the sheet between two results: the same rows go on, or nothing is written, with words."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from connectors.sheets.client import Api
from connectors.sheets.oauth import Tokens
from connectors.sheets.service_account import read_service_account
from relay.errors import RemoteError
from relay.http.client import Http
from sandbox import Config, serve
from tests.connectors.contract import FAILED, NOW, VIDEO, asked
from tests.connectors.sheets.google import account
from tests.connectors.sheets.test_on_the_sandbox import ID, NAMES, ROW, Scene, results
from tests.sandbox.client import Clock

Edit = Callable[["Person"], object]


class Person:
    """Works in the spreadsheet with Google's own calls, under an address of their own."""

    def __init__(self, scene: Scene) -> None:
        hosts = ("https://sheets.googleapis.com", "https://oauth2.googleapis.com")
        http = Http(origin_map=dict.fromkeys(hosts, scene.sandbox.url))
        read = read_service_account(account("ann@clay-and-co.iam.gserviceaccount.com"))
        self.api = Api(http, ID, read, Tokens(read, http), NOW)
        self._ids = {tab["title"]: tab["sheetId"] for tab in scene.book()["tabs"]}

    def change(self, kind: str, **what: Any) -> dict[str, Any]:
        (reply,) = self.api.change({kind: what}).values["replies"]
        return dict(reply.get(kind, {}).get("properties", {}))

    def rename(self, tab: str, title: str) -> None:
        self.change(
            "updateSheetProperties", properties={"sheetId": self._ids[tab], "title": title}, fields="title"
        )
        self._ids[title] = self._ids.pop(tab)

    def delete(self, tab: str) -> None:
        self.change("deleteSheet", sheetId=self._ids.pop(tab))

    def duplicate(self, tab: str, title: str) -> None:
        made = self.change("duplicateSheet", sourceSheetId=self._ids[tab], newSheetName=title)
        self._ids[title] = made["sheetId"]

    def add(self, title: str) -> None:
        self._ids[title] = self.api.add_sheet(title)

    def write(self, cells: str, *row: str) -> None:
        self.api.put(cells, list(row))

    def columns(self, kind: str, first: int, end: int, **more: Any) -> None:
        span = {"sheetId": self._ids["Results"], "dimension": "COLUMNS", "startIndex": first, "endIndex": end}
        self.change(kind, **{"source" if kind == "moveDimension" else "range": span}, **more)

    def rows(self, kind: str, first: int, end: int) -> None:
        span = {"sheetId": self._ids["Results"], "dimension": "ROWS", "startIndex": first, "endIndex": end}
        self.change(kind, range=span)

    def sort(self, column: int, first_row: int = 1) -> None:
        span = {"sheetId": self._ids["Results"], "startRowIndex": first_row}
        self.change(
            "sortRange", range=span, sortSpecs=[{"dimensionIndex": column, "sortOrder": "DESCENDING"}]
        )


@pytest.fixture
def scene() -> Iterator[Scene]:
    clock = Clock()
    sandbox = serve(config=Config(clock=clock, paced=False))
    yield Scene(sandbox, clock)
    sandbox.stop()


def swap_names(person: Person) -> None:
    """The tab is put aside, and a copy takes its name."""
    person.duplicate("Results", "Copy")
    person.rename("Results", "Archive")
    person.rename("Copy", "Results")


def replace_by_a_copy(person: Person) -> None:
    person.duplicate("Results", "Copy")
    person.delete("Results")
    person.rename("Copy", "Results")


FOLLOWED: dict[str, tuple[Edit, str]] = {
    # what a person does -> where the rows are afterwards
    "tab renamed": (lambda person: person.rename("Results", "Videos 2026"), "Videos 2026"),
    "tab renamed to an odd name": (lambda person: person.rename("Results", "Ann's 'best'!"), "Ann's 'best'!"),
    "only the case of its name": (lambda person: person.rename("Results", "RESULTS"), "RESULTS"),
    "its name given to a copy": (swap_names, "Archive"),
    "replaced by a copy": (replace_by_a_copy, "Results"),
    "tab duplicated": (lambda person: person.duplicate("Results", "Results (2)"), "Results"),
    "another tab before it": (lambda person: person.add("Notes"), "Results"),
    "column inserted": (lambda person: person.columns("insertDimension", 1, 3), "Results"),
    "key column moved": (
        lambda person: person.columns("moveDimension", 0, 1, destinationIndex=3),
        "Results",
    ),
    "columns reordered": (
        lambda person: person.columns("moveDimension", 2, 4, destinationIndex=1),
        "Results",
    ),
    "rows sorted": (lambda person: person.sort(2), "Results"),
    "row inserted": (lambda person: person.rows("insertDimension", 1, 2), "Results"),
    "the key column's name twice": (
        lambda person: (
            person.columns("insertDimension", 0, 1),
            header(person, "Note"),
            person.write("'Results'!G1:G1", "Generation ID"),
        ),
        "Results",
    ),
    "column of one's own": (lambda person: person.write("'Results'!H1:I1", "Note", "Mine"), "Results"),
}


def named(scene: Scene, title: str) -> list[tuple[str, str, float]]:
    """Id, status and credits of each row, wherever their columns are now."""
    header, *rows = scene.rows(title)
    places = [header.index(name) for name in ("Generation ID", "Status", "Credits")]
    return sorted(tuple(row[at] for at in places) for row in rows if any(row))


@pytest.mark.heavy
@pytest.mark.parametrize("edit", FOLLOWED)
def test_the_same_rows_go_on_whatever_is_moved_or_renamed(scene: Scene, edit: str) -> None:
    change, title = FOLLOWED[edit]
    first, second, third = results(3)
    scene.deliver(first)
    scene.deliver(replace(FAILED, generation_id="vgen_1"))
    change(Person(scene))
    before = {tab["title"]: tab["values"] for tab in scene.book()["tabs"] if tab["title"] != title}
    restarted = scene.make()
    for result in (replace(first, credits=31.0), second, third):
        scene.deliver(result, restarted)
    assert named(scene, title) == [
        ("vgen_0", "completed", 31.0),
        ("vgen_1", "completed", 30.0),
        ("vgen_2", "completed", 30.0),
    ]
    after = {tab["title"]: tab["values"] for tab in scene.book()["tabs"] if tab["title"] != title}
    assert after == before


def header(person: Person, *names: str) -> None:
    person.write("'Results'!A1:E1", *names)


PAUSED: dict[str, tuple[Edit, str, Edit]] = {
    # what a person does -> what the pause says, and what it says to do
    "key column renamed": (
        lambda person: header(person, "Video ID"),
        'The column "Generation ID" is gone from the tab "Results"; rename it back or map it',
        lambda person: header(person, "Generation ID"),
    ),
    "key column renamed, and its tab too": (
        lambda person: (header(person, "Video ID"), person.rename("Results", "Videos")),
        'The column "Generation ID" is gone from the tab "Videos"',
        lambda person: (person.rename("Videos", "Results"), header(person, "Generation ID")),
    ),
    "its name cleared": (
        lambda person: header(person, ""),
        'The column "Generation ID" is gone',
        lambda person: header(person, "Generation ID"),
    ),
    "all names cleared": (
        lambda person: header(person, "", "", "", "", ""),
        'The column "Generation ID" is gone',
        lambda person: header(person, *NAMES),
    ),
    "key column deleted": (
        lambda person: person.columns("deleteDimension", 0, 1),
        'The column "Generation ID" is gone',
        lambda person: (
            person.columns("insertDimension", 0, 1),
            header(person, "Generation ID"),
            person.write("'Results'!A2:A2", "vgen_0"),
            person.write("'Results'!A3:A3", "vgen_1"),
        ),
    ),
    "names deleted with their row": (
        lambda person: person.rows("deleteDimension", 0, 1),
        'The column "Generation ID" is gone',
        lambda person: (person.rows("insertDimension", 0, 1), header(person, *NAMES)),
    ),
    "case of the key column's name": (
        lambda person: header(person, "generation id"),
        'The column "Generation ID" is gone',
        lambda person: header(person, "Generation ID"),
    ),
    "another column renamed": (
        lambda person: person.write("'Results'!B1:B1", "State"),
        'The column "Status" is gone from the tab "Results"; rename back or map',
        lambda person: person.write("'Results'!B1:B1", "Status"),
    ),
    "another column deleted": (
        lambda person: person.columns("deleteDimension", 3, 4),
        'The column "Credits" is gone',
        lambda person: (person.columns("insertDimension", 3, 4), person.write("'Results'!D1:D1", "Credits")),
    ),
    "two columns renamed, and the tab": (
        lambda person: (
            person.write("'Results'!B1:C1", "State", "Text"),
            person.rename("Results", "Videos"),
        ),
        'The columns "Status", "Prompt" are gone from the tab "Videos"',
        lambda person: (
            person.rename("Videos", "Results"),
            person.write("'Results'!B1:C1", "Status", "Prompt"),
        ),
    ),
    "title row inserted above the names": (
        lambda person: (person.rows("insertDimension", 0, 1), header(person, "Our videos")),
        'The names of the columns are in row 2 of the tab "Results"',
        lambda person: person.rows("deleteDimension", 0, 1),
    ),
    "names sorted down": (
        lambda person: person.sort(0, first_row=0),
        'The names of the columns are in row 3 of the tab "Results"',
        lambda person: (
            person.rows("deleteDimension", 2, 3),
            person.rows("insertDimension", 0, 1),
            header(person, *NAMES),
        ),
    ),
    "tab deleted": (
        lambda person: person.delete("Results"),
        "The tab that the results went to is gone from the spreadsheet",
        lambda person: (person.add("Results"), person.write("'Results'!A1:E1", *NAMES)),
    ),
}


@pytest.mark.heavy
@pytest.mark.parametrize("edit", PAUSED)
def test_where_a_row_cannot_be_told_nothing_is_written_and_the_check_says_the_same(
    scene: Scene, edit: str
) -> None:
    change, says, repair = PAUSED[edit]
    first, second = results(2)
    scene.deliver(first)
    scene.deliver(replace(FAILED, generation_id="vgen_1"))
    person = Person(scene)
    change(person)
    before = scene.book()["tabs"]
    restarted = scene.make()
    for result in (second, first):
        with pytest.raises(RemoteError) as caught:
            scene.deliver(result, restarted)
        assert caught.value.whose == "connection"
        assert says in caught.value.message
    restarted.recall(scene.memory.after_crash().connection)
    found = asked(restarted.check)
    assert (found.ok, found.message) == (False, caught.value.message)
    assert scene.book()["tabs"] == before
    repair(person)
    for result in (first, second):
        scene.deliver(result, restarted)
    assert named(scene, "Results") == [("vgen_0", "completed", 30.0), ("vgen_1", "completed", 30.0)]


@pytest.mark.parametrize(
    ("columns", "added", "state"),
    [
        ("generation_id, status=State, prompt, credits, context.sku=SKU", [], "completed"),
        ("generation_id, prompt, credits, context.sku=SKU", [], "failed"),
        ("generation_id, prompt, credits, context.sku=SKU, kind", ["Kind"], "failed"),
    ],
    ids=["mapped", "taken out", "another instead"],
)
def test_a_renamed_column_is_written_or_left_alone_as_the_connection_says_then(
    scene: Scene, columns: str, added: list[str], state: str
) -> None:
    scene.deliver(FAILED)
    Person(scene).write("'Results'!B1:B1", "State")
    scene.deliver(VIDEO, scene.make(columns=columns))
    header, row = scene.rows()
    assert header == ["Generation ID", "State", "Prompt", "Credits", "SKU", *added]
    assert row[1] == state


def test_a_key_column_of_another_name_is_followed_once_it_is_mapped(scene: Scene) -> None:
    scene.deliver(FAILED)
    header(Person(scene), "Video ID")
    mapped = scene.make(columns="generation_id=Video ID, status, prompt, credits, context.sku=SKU")
    scene.deliver(VIDEO, mapped)
    assert scene.rows() == [["Video ID", *NAMES[1:]], ROW]


@pytest.mark.heavy
@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([["Our videos"], NAMES], 'The names of the columns are in row 2 of the tab "Results"'),
        ([["Our videos"], ["", *NAMES]], 'The names of the columns are in row 2 of the tab "Results"'),
        ([["Our videos"], [], NAMES, ROW], 'The names of the columns are in row 3 of the tab "Results"'),
        ([["SKU", "Note"], ["MUG-1", "mine"]], 'has rows, but no column "Generation ID"'),
        ([[], ["vgen_abc123"]], 'has rows, but no column "Generation ID"'),
    ],
    ids=[
        "title row",
        "title row, key elsewhere",
        "two rows above",
        "a table of others",
        "rows without names",
    ],
)
def test_a_tab_of_other_people_is_left_alone_until_it_has_the_key_column(
    scene: Scene, rows: list[list[str]], says: str
) -> None:
    scene.edit(lambda there: there.extend(rows))
    before = scene.rows()
    found = asked(scene.connector.check)
    error = scene.failure()
    assert says in error.message
    assert (error.whose, found.ok, found.message) == ("connection", False, error.message)
    tried = asked(lambda: scene.connector.test("k" * 32, NOW))
    assert (tried.ok, tried.message) == (False, error.message)
    assert scene.rows() == before


def test_a_test_row_goes_to_the_tab_that_deliveries_follow(scene: Scene) -> None:
    scene.deliver()
    Person(scene).rename("Results", "Videos 2026")
    page = scene.make()
    page.recall(scene.memory.after_crash().connection)
    assert page.check().ok
    written = page.test("k" * 32, NOW)
    assert 'in the tab "Videos 2026", in row 3' in written.message
    assert page.remove_test(written.written).ok
    assert scene.tabs() == ["Sheet1", "Videos 2026"]
    assert scene.rows("Videos 2026") == [NAMES, ROW]


def test_another_tab_in_the_options_is_another_place(scene: Scene) -> None:
    scene.deliver()
    scene.deliver(VIDEO, scene.make(tab="Archive"))
    assert (scene.rows(), scene.rows("Archive")) == ([NAMES, ROW], [NAMES, ROW])


def test_a_tab_that_is_renamed_between_read_and_write_gets_the_row_at_the_next_attempt(scene: Scene) -> None:
    scene.deliver()
    person = Person(scene)

    class Renaming(Http):
        def send(self, method: str, url: str, **rest: Any) -> Any:
            answer = super().send(method, url, **rest)
            if "batchGetByDataFilter" in url:
                person.rename("Results", "Later")
            return answer

    with pytest.raises(RemoteError) as caught:
        scene.deliver(results(1)[0], scene.make(http=Renaming))
    assert (caught.value.whose, caught.value.ambiguous) == ("transient", False)
    scene.deliver(results(1)[0])
    assert [row[0] for row in scene.rows("Later")] == ["Generation ID", "vgen_abc123", "vgen_0"]
    assert scene.tabs() == ["Sheet1", "Later"]
