"""What the sandbox's Airtable keeps: tables with typed columns, and records in them.

https://airtable.com/developers/web/api/field-model and https://airtable.com/developers/web/api/errors
"""

import itertools
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

MOST_RECORDS = 10  # in one request
MERGEABLE = ("singleLineText", "multilineText", "number", "singleSelect", "dateTime")
_FORMULA = re.compile(r"\s*\{((?:[^}\\]|\\.)+)\}\s*=\s*'((?:[^'\\]|\\.)*)'\s*", re.DOTALL)
_OPTIONS: Mapping[str, Mapping[str, Any]] = {
    "number": {"precision": 1},
    "dateTime": {
        "timeZone": "utc",
        "dateFormat": {"name": "iso", "format": "YYYY-MM-DD"},
        "timeFormat": {"name": "24hour", "format": "HH:mm"},
    },
    "multipleAttachments": {"isReversed": False},
}
_numbers = itertools.count(1)

Fields = Mapping[str, Any]


class AirtableError(Exception):
    """A refusal. Without a message the body is the short one: {"error": "NOT_FOUND"}."""

    def __init__(self, status: int, kind: str, message: str = "") -> None:
        super().__init__(message or kind)
        self.status, self.kind, self.message = status, kind, message


def unreadable() -> AirtableError:
    words = "Invalid request: parameter validation failed. Check your request data."
    return AirtableError(422, "INVALID_REQUEST_UNKNOWN", words)


def new_id(prefix: str) -> str:
    return f"{prefix}{next(_numbers):014d}"


@dataclass
class Column:
    name: str
    type: str
    id: str = field(default_factory=lambda: new_id("fld"))
    options: list[str] = field(default_factory=list)

    def cell(self, value: Any, *, typecast: bool) -> Any:
        """The value as the cell keeps it; None empties it. Raises what Airtable would refuse."""
        return None if value is None else _TYPES[self.type](self, value, typecast)

    def described(self) -> dict[str, Any]:
        """`options` only where the type has some."""
        options = dict(_OPTIONS.get(self.type, {}))
        if self.type == "singleSelect":
            choices = [f"sel{self.id[3:]}{place}" for place in range(len(self.options))]
            named = zip(choices, self.options, strict=True)
            options["choices"] = [{"id": each, "name": name, "color": "blueLight2"} for each, name in named]
        about: dict[str, Any] = {"type": self.type, "id": self.id, "name": self.name}
        return about | ({"options": options} if options else {})

    def refusal(self) -> AirtableError:
        return AirtableError(
            422, "INVALID_VALUE_FOR_COLUMN", f'Field "{self.name}" cannot accept the provided value'
        )


@dataclass
class Record:
    created: str
    id: str = field(default_factory=lambda: new_id("rec"))
    cells: dict[str, Any] = field(default_factory=dict)


class Table:
    """Not thread-safe: its owner holds a lock."""

    def __init__(self, name: str, columns: Mapping[str, str], table_id: str = "") -> None:
        self.id, self.name = table_id or new_id("tbl"), name
        self.columns = [Column(*each) for each in columns.items()]
        self.records: dict[str, Record] = {}
        self.most_records = 50_000  # what the plan allows
        self.locked = ""  # a column that the token's owner may not edit

    def column(self, name: str) -> Column:
        for column in self.columns:
            if name in (column.name, column.id):
                return column
        raise AirtableError(422, "UNKNOWN_FIELD_NAME", f'Unknown field name: "{name}"')

    def record(self, record_id: str) -> Record:
        try:
            return self.records[record_id]
        except KeyError:
            raise AirtableError(404, "NOT_FOUND") from None

    def cells(self, fields: object, *, typecast: bool) -> dict[str, Any]:
        """By column id, checked: nothing is written before everything fits."""
        if not isinstance(fields, dict):
            raise unreadable()
        pairs = [(self.column(name), value) for name, value in fields.items()]
        if any(column.name == self.locked for column, _ in pairs):
            words = f'You are not permitted to write cell values in field "{self.locked}"'
            raise AirtableError(403, "INVALID_PERMISSIONS", words)  # the words are seen, not documented
        return {column.id: column.cell(value, typecast=typecast) for column, value in pairs}

    def create(self, cells: Mapping[str, Any], now: float) -> Record:
        if len(self.records) >= self.most_records:
            words = f"The table has reached its limit of {self.most_records} records."
            raise AirtableError(422, "RECORD_LIMIT_EXCEEDED", words)  # neither type nor words are documented
        record = Record(f"{datetime.fromtimestamp(now, UTC):%Y-%m-%dT%H:%M:%S.000Z}")
        self.records[record.id] = record
        return self.update(record, cells)

    def update(self, record: Record, cells: Mapping[str, Any]) -> Record:
        merged = record.cells | dict(cells)
        record.cells = {column: value for column, value in merged.items() if value not in (None, "", [])}
        return record

    def match(self, merge_on: object, cells: Mapping[str, Any]) -> Record | None:
        """The one record with the same values in these columns. Several are refused."""
        if not isinstance(merge_on, list) or not 1 <= len(merge_on) <= 3:
            raise unreadable()
        columns = [self.column(name) for name in merge_on]
        for column in columns:
            if column.type not in MERGEABLE or cells.get(column.id) is None:
                raise unreadable()
        wanted = {column.id: cells[column.id] for column in columns}
        found = [each for each in self.records.values() if wanted.items() <= each.cells.items()]
        if len(found) > 1:
            words = "Cannot update: more than one record matches the values of fieldsToMergeOn."
            raise AirtableError(422, "INVALID_RECORDS", words)  # the type is not documented
        return found[0] if found else None

    def find(self, formula: str) -> list[Record]:
        """Records for a formula of the form {Column}='text'; all of them for none. Others are refused."""
        if not formula:
            return list(self.records.values())
        parts = _FORMULA.fullmatch(formula)
        if not parts:
            words = (
                "The formula for filtering records is invalid: Invalid formula. Please check your formula."
            )
            raise AirtableError(422, "INVALID_FILTER_BY_FORMULA", words)
        name, value = (re.sub(r"\\(.)", r"\1", part, flags=re.DOTALL) for part in parts.groups())
        column = self.column(name)
        return [each for each in self.records.values() if str(each.cells.get(column.id, "")) == value]

    def shown(
        self, record: Record, *, by_id: bool = False, columns: Iterable[Column] | None = None
    ) -> dict[str, Any]:
        """With all that is not empty in these columns; None for every column."""
        fields = {
            column.id if by_id else column.name: record.cells[column.id]
            for column in (self.columns if columns is None else columns)
            if column.id in record.cells
        }
        return {"id": record.id, "createdTime": record.created, "fields": fields}

    def described(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "name": self.name,
            "primaryFieldId": self.columns[0].id,
            "fields": [each.described() for each in self.columns],
            "views": [{"id": f"viw{self.id[3:]}", "name": "Grid view", "type": "grid"}],
        }


def lost_attachments(cells: Iterable[Mapping[str, Any]]) -> bool:
    """Whether one of the files cannot be fetched: here, all of hosts under .invalid."""
    files = [file for each in cells for value in each.values() if isinstance(value, list) for file in value]
    return any((urlsplit(file["url"]).hostname or "").endswith(".invalid") for file in files)


def _text(column: Column, value: Any, typecast: bool) -> str:
    if isinstance(value, str):
        return value
    if typecast and isinstance(value, (int, float)):
        return str(value)
    raise column.refusal()


def _number(column: Column, value: Any, typecast: bool) -> float:
    if isinstance(value, str) and typecast:
        try:
            return float(value)
        except ValueError:
            raise column.refusal() from None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise column.refusal()
    return value


def _select(column: Column, value: Any, typecast: bool) -> str:
    word = _text(column, value, typecast)
    if word not in column.options:
        if not typecast or not word:
            words = f'Insufficient permissions to create new select option "{word}"'
            raise AirtableError(422, "INVALID_MULTIPLE_CHOICE_OPTIONS", words)
        column.options.append(word)
    return word


def _time(column: Column, value: Any, typecast: bool) -> str:  # noqa: ARG001 - refused with it and without
    try:
        time = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise column.refusal() from None
    return f"{time.replace(tzinfo=time.tzinfo or UTC).astimezone(UTC):%Y-%m-%dT%H:%M:%S.000Z}"


def _attachments(column: Column, value: Any, typecast: bool) -> list[dict[str, Any]]:  # noqa: ARG001 - no text fits
    if not isinstance(value, list):
        raise column.refusal()
    for each in value:
        if not isinstance(each, dict) or not _is_address(each.get("url")):
            raise AirtableError(422, "INVALID_ATTACHMENT_OBJECT", f"Invalid attachment object: {each!r}")
    kept = [each for each in value if not lost_attachments([{"": [each]}])]
    return [{"id": new_id("att"), "url": each["url"], "filename": each.get("filename", "")} for each in kept]


def _is_address(value: object) -> bool:
    try:
        return isinstance(value, str) and urlsplit(value).scheme in ("http", "https")
    except ValueError:
        return False


_TYPES: dict[str, Callable[[Column, Any, bool], Any]] = {
    "singleLineText": _text,
    "multilineText": _text,
    "url": _text,
    "number": _number,
    "singleSelect": _select,
    "dateTime": _time,
    "multipleAttachments": _attachments,
}
TYPES = tuple(_TYPES)
