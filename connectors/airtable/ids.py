"""The table and its columns by their IDs, which stay when people rename them: read once for a connection."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connectors.airtable.client import Table
from connectors.airtable.schema_check import Described, named
from connectors.base import Memory
from relay.errors import RemoteError

_ID = re.compile(r"(?:tbl|fld)[A-Za-z0-9]{10,20}")


@dataclass(frozen=True, slots=True)
class Ids:
    """Configured name -> ID, of the table and of each column; a name without one is written as it is."""

    ids: Mapping[str, str]
    table: str

    def of(self, column: str) -> str:
        return self.ids.get(column, column)

    def link(self, base: str, record: str) -> str:
        """Only IDs make one; a table that is known by its name alone has none."""
        has_id = self.table.startswith("tbl") and _ID.fullmatch(self.table)
        return f"https://airtable.com/{base}/{self.table}/{record}" if has_id else ""

    def are_gone(self, tables: Sequence[Described]) -> bool:
        """Whether the table or a column was deleted."""
        found = named(tables, self.table)
        return found is None or not set(self.ids.values()) <= {each.get("id") for each in found["fields"]}

    def described(self, tables: Sequence[Described]) -> Described | None:
        """The table as Airtable lists it, its columns called as they are configured; None: there is none."""
        found = named(tables, self.table)
        if found is None:
            return None
        configured = {given: name for name, given in self.ids.items()}
        fields = [
            {**each, "name": configured.get(each.get("id"), each.get("name"))} for each in found["fields"]
        ]
        return {**found, "fields": fields}


def remembered(connection: Mapping[str, Any], base: str, table: str, columns: Sequence[str]) -> Ids | None:
    """None: nothing is known, or it is of other options."""
    if connection.get("of") != [base, table, *columns]:
        return None
    return Ids(connection["columns"], connection["table"])


def resolve(api: Table, table: str, columns: Sequence[str], memory: Memory) -> Ids:
    """As remembered; else asked for, and kept where all of them are there.

    Without the scope to read them the names have to do: a new name then pauses the connection.
    """
    known = remembered(memory.connection, api.base, table, columns)
    if known or all(_ID.fullmatch(each) for each in (table, *columns)):
        return known or Ids({}, table)
    try:
        found = named(api.of_the_base(), table)
    except RemoteError as error:
        if error.whose == "transient":
            raise
        return _kept(Ids({}, table), [api.base, table, *columns], memory)
    ids = dict(_ids(found["fields"], columns)) if found else {}
    if found is None or len(ids) < len(columns):
        return Ids({}, table)  # Airtable's refusal says what is missing
    return _kept(Ids(ids, str(found["id"])), [api.base, table, *columns], memory)


def forget(memory: Memory) -> None:
    """They are deleted: from now on the names count, as a person may create them anew."""
    if memory.connection.pop("of", None) is not None:
        memory.save()


def _kept(ids: Ids, of: list[str], memory: Memory) -> Ids:
    memory.connection.update(of=of, table=ids.table, columns=dict(ids.ids))
    memory.save()
    return ids


def _ids(there: Sequence[Described], columns: Sequence[str]) -> Iterator[tuple[str, str]]:
    for column in columns:
        found = named(there, column)
        if found is not None:
            yield column, str(found["id"])
