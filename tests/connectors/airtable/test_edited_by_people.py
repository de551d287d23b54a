"""A person edits the base between two results: the same records go on, or nothing is written, with words."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from relay.errors import RemoteError
from tests.connectors.airtable.sandboxed import BASE, FILES, TABLE, Bench, by_name, expected, on_the_bench
from tests.connectors.contract import FAILED, NOW, VIDEO, Kept, asked

META = f"/v0/meta/bases/{BASE}/tables"
SECOND = replace(VIDEO, generation_id="vgen_2")
Edit = Callable[[Bench], object]


@pytest.fixture
def bench() -> Iterator[Bench]:
    with on_the_bench() as bench:
        yield bench


def fields(bench: Bench) -> dict[str, str]:
    return {each["name"]: each["id"] for each in bench.call("GET", META)["tables"][0]["fields"]}


def rename(bench: Bench, column: str, name: str) -> None:
    bench.call("PATCH", f"{META}/{TABLE}/fields/{fields(bench)[column]}", {"name": name})


def rename_table(bench: Bench, name: str) -> None:
    bench.call("PATCH", f"{META}/{TABLE}", {"name": name})


def put_a_copy_in_its_place(bench: Bench) -> None:
    described = bench.call("GET", META)["tables"][0]["fields"]
    columns = {each["name"]: each["type"] for each in described}
    rename_table(bench, "Archive")
    bench.call("POST", "/sandbox/airtable/tables", {"base": BASE, "table": "Videos", "columns": columns})


def delete(bench: Bench) -> None:
    for record in bench.records():
        bench.call("DELETE", f"/v0/{BASE}/{TABLE}/{record['id']}")


def copy(bench: Bench) -> None:
    first = {"fields": {name: value for name, value in bench.cells()[0].items() if name != "Files"}}
    bench.call("POST", f"/v0/{BASE}/{TABLE}", {"records": [first]})


def records(bench: Bench) -> list[dict[str, Any]]:
    tables = bench.call("GET", "/sandbox/airtable")["tables"]
    (table,) = (each for each in tables if each["id"] == TABLE)
    called = {each["id"]: each["name"] for each in table["fields"]}
    return [
        {called.get(name, name): value for name, value in each["fields"].items()} for each in table["records"]
    ]


FOLLOWED: dict[str, Edit] = {
    "nothing": lambda bench: None,
    "table renamed": lambda bench: rename_table(bench, "Clips"),
    "a copy has its name": put_a_copy_in_its_place,
    "key column renamed": lambda bench: rename(bench, "Generation ID", "Video ID"),
    "column renamed": lambda bench: rename(bench, "Status", "State"),
    "two columns swapped": lambda bench: [
        rename(bench, "Prompt", "x"),
        rename(bench, "Error", "Prompt"),
        rename(bench, "x", "Error"),
    ],
    "file column renamed": lambda bench: rename(bench, "Files", "Media"),
}


@pytest.mark.parametrize("edit", FOLLOWED)
def test_the_same_table_and_columns_are_written_whatever_they_are_called(bench: Bench, edit: str) -> None:
    memory = Kept()
    options = {"table": "Videos", **FILES}
    bench.deliver(FAILED, memory, **options)
    before = fields(bench)
    FOLLOWED[edit](bench)
    bench.deliver(VIDEO, Kept(saved_connection=memory.saved_connection), **options)
    bench.deliver(SECOND, Kept(saved_connection=memory.saved_connection), **options)
    now = {given: name for name, given in fields(bench).items()}
    wanted = [
        {now[before[name]]: value for name, value in expected(each).items()} for each in (VIDEO, SECOND)
    ]
    found = records(bench)
    assert [len(each.pop(now[before["Files"]])) for each in found] == [1, 1]
    assert found == wanted
    assert sum(len(each["records"]) for each in bench.call("GET", "/sandbox/airtable")["tables"]) == 2
    checked = bench.airtable(**options)
    checked.recall(Kept(saved_connection=memory.saved_connection).connection)
    assert checked.check().ok
    assert checked.test("k" * 32, NOW).ok


@pytest.mark.parametrize("edit", ["table renamed", "key column renamed", "column renamed"])
def test_where_the_token_may_not_read_the_ids_nothing_is_written_until_the_name_is_back(
    bench: Bench, edit: str
) -> None:
    bench.deliver(FAILED, by_name(table="Videos"), table="Videos")
    before = fields(bench)
    FOLLOWED[edit](bench)
    with pytest.raises(RemoteError) as caught:
        bench.deliver(VIDEO, by_name(table="Videos"), table="Videos")
    assert caught.value.whose == "connection"
    rename_table(bench, "Videos")
    for name, given in before.items():
        bench.call("PATCH", f"{META}/{TABLE}/fields/{given}", {"name": name})
    bench.deliver(VIDEO, by_name(table="Videos"), table="Videos")
    assert bench.cells() == [expected(VIDEO)]


def test_a_column_that_was_deleted_is_named_and_one_of_its_name_takes_its_place(bench: Bench) -> None:
    memory = Kept()
    bench.deliver(FAILED, memory)
    stale = fields(bench)["Credits"]
    memory.connection["columns"]["Credits"] = "fldDeleted00000000"
    memory.save()
    memory = memory.after_crash()
    with pytest.raises(RemoteError) as caught:
        bench.deliver(VIDEO, memory)
    assert (caught.value.whose, '"Credits"' in caught.value.message) == ("connection", True)
    bench.deliver(VIDEO, memory.after_crash())
    assert bench.cells() == [expected(VIDEO)]
    assert fields(bench)["Credits"] == stale


def test_a_record_that_was_deleted_comes_back_with_the_next_status(bench: Bench) -> None:
    memory = Kept()
    bench.deliver(FAILED, memory)
    delete(bench)
    bench.deliver(VIDEO, memory.after_crash())
    assert bench.cells() == [expected(VIDEO)]


def test_of_a_record_that_was_copied_the_older_is_kept_up_to_date(bench: Bench) -> None:
    memory = Kept()
    bench.deliver(FAILED, memory)
    copy(bench)
    assert "2 records have this generation id" in bench.deliver(VIDEO, memory.after_crash()).note
    assert [each["Status"] for each in bench.cells()] == ["completed", "failed"]


def test_a_connection_that_was_moved_to_another_base_writes_there_at_once(bench: Bench) -> None:
    memory = Kept()
    bench.deliver(FAILED, memory, table="Videos")
    columns = {each["name"]: each["type"] for each in bench.call("GET", META)["tables"][0]["fields"]}
    copied = {"base": "appAnother00000000", "table": "Videos", "columns": columns}
    bench.call("POST", "/sandbox/airtable/tables", copied)
    bench.deliver(VIDEO, memory.after_crash(), table="Videos", base_id="appAnother00000000")
    tables = {each["base"]: each["records"] for each in bench.call("GET", "/sandbox/airtable")["tables"]}
    assert [each["fields"] for each in tables["appAnother00000000"]] == [expected(VIDEO)]
    assert [each["fields"]["Status"] for each in tables[BASE]] == ["failed"]


def test_the_ids_are_of_the_options_that_they_were_read_for(bench: Bench) -> None:
    memory = Kept()
    bench.deliver(VIDEO, memory)
    rename(bench, "Status", "State")
    with pytest.raises(RemoteError):
        bench.deliver(VIDEO, memory.after_crash(), columns="generation_id, status")
    bench.deliver(VIDEO, memory.after_crash(), columns="generation_id, status=State")
    found = asked(bench.airtable(columns="generation_id, status=State").check)
    assert found.ok
