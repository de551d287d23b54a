"""Airtable: each generation as one record of a table, found again by its generation id.

https://airtable.com/developers/web/api/update-multiple-records
"""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, SecretStr, ValidationInfo, field_validator

from connectors.airtable.client import Table, Written
from connectors.airtable.ids import Ids, forget, remembered, resolve
from connectors.airtable.record import cells, files
from connectors.airtable.schema_check import faults, meant
from connectors.base import CheckResult, Connector, Done, Files, Memory, Options, Pace
from connectors.columns import DEFAULT_COLUMNS, KEY, Columns
from relay.errors import RemoteError
from relay.http.client import Http
from relay.models.core import Result

# Per base; Airtable allows 5 calls a second: four records, and one call for the columns' IDs or a check.
_RECORDS_PER_SECOND = 3.3
_RECORDS_WITH_FILES_PER_SECOND = 1.6  # two calls each: three records, six calls, never fall into one second
_ATTACHED = "attached"  # in the memory: the record that got its files
_WRITTEN = ("generation_id", "status", "kind", "prompt", "link", "links", "error", "credits", "completed")
_COLUMN_ID = re.compile(r"fld[A-Za-z0-9]{10,20}")
_NO_SCHEMA = (
    "To check the columns, the token also needs the scope schema.bases:read; without it, only a test "
    "record shows whether deliveries work."
)
_ONLY_A_TEST = "Only a test record shows whether it may be written."


def _id_within(prefix: str) -> BeforeValidator:
    """An address from the browser names base and table too: airtable.com/app.../tbl.../viw..."""
    pattern = re.compile(rf"airtable\.com/(?:.*/)?({prefix}[A-Za-z0-9]+)")

    def read(value: object) -> object:
        found = pattern.search(value) if isinstance(value, str) else None
        return found[1] if found else value.strip() if isinstance(value, str) else value

    return BeforeValidator(read)


class AirtableOptions(Options):
    """Which table, and what goes to which column."""

    token: SecretStr = Field(
        title="Personal access token",
        description="Made at airtable.com/create/tokens, with the scopes data.records:read, "
        "data.records:write and schema.bases:read, and with the base on its list.",
        examples=["patAbCdEfGhIjKlMn.0123456789abcdef"],
    )
    base_id: Annotated[str, _id_within("app")] = Field(
        title="Base",
        description="The part of the base's address that starts with app; the whole address will do.",
        examples=["appAbCdEfGhIjKlMn"],
        pattern=r"^app[A-Za-z0-9]{10,20}$",
    )
    table: Annotated[str, _id_within("tbl")] = Field(
        title="Table",
        description="The part of the table's address that starts with tbl, or the table's name. The relay "
        "follows the table when you rename it, if the token has the scope schema.bases:read.",
        examples=["tblAbCdEfGhIjKlMn", "Videos"],
        min_length=1,
        max_length=255,
    )
    columns: Columns = Field(
        default_factory=lambda: {field: DEFAULT_COLUMNS[field] for field in _WRITTEN},
        title="Columns",
        description="What is written, and to which columns: field=Column, separated by commas. A field "
        "without a column goes to the one of its own name; context.<name> is what the job knew.",
        examples=["generation_id=Generation ID, status=Status, link=Video, context.sku=SKU"],
    )
    attachment_column: str = Field(
        "",
        title="Attachment column",
        description="A column of the type Attachment that gets a copy of the files, once.",
        examples=["Files"],
    )

    @field_validator("token")
    @classmethod
    def _is_a_token(cls, value: SecretStr) -> SecretStr:
        text = value.get_secret_value().strip()
        if text.startswith("key"):
            raise ValueError("is an API key, which Airtable no longer takes: make a personal access token")
        if not re.fullmatch(r"pat[A-Za-z0-9._-]+", text):
            raise ValueError("must be a personal access token of Airtable, which starts with pat")
        return SecretStr(text)

    @field_validator("attachment_column")
    @classmethod
    def _is_a_column_of_its_own(cls, value: str, info: ValidationInfo) -> str:
        if value.strip() and value.strip() in info.data.get("columns", {}).values():
            raise ValueError("is among the columns already; files need a column of their own")
        return value.strip()


class Airtable(Connector):
    """Writes one record per generation. A repeated attempt finds it by the generation id and changes nothing.

    Airtable itself searches for the id and creates or updates in one call, and one call at a time goes to a
    base. What remains: a call that got no answer and is still under way there when the next one comes may
    create a second record; then the oldest is kept up to date, and the note says so.
    """

    kind = "airtable"
    title = "Airtable"
    summary = "A record for each result in a table, kept up to date."
    needs = (
        "A personal access token, made at airtable.com/create/tokens.",
        "Its scopes: data.records:read, data.records:write and schema.bases:read.",
        "The base on that token's list.",
    )
    Options = AirtableOptions

    def __init__(self, options: AirtableOptions, http: Http) -> None:
        self._options, self._http = options, http
        self._columns = [*options.columns.values(), *filter(None, [options.attachment_column])]
        self._recalled: Mapping[str, Any] = {}

    @property
    def pace(self) -> Pace:
        with_files = bool(self._options.attachment_column)
        pace = _RECORDS_WITH_FILES_PER_SECOND if with_files else _RECORDS_PER_SECOND
        return Pace(calls_per_second=pace, concurrency=1)

    @property
    def target(self) -> str:
        return f"airtable:{self._options.base_id}"

    def deliver(
        self, result: Result, context: Mapping[str, Any], key: str, memory: Memory, files: Files, now: int
    ) -> Done:
        ids = resolve(self._table(None), self._options.table, self._columns, memory)
        table = self._table(ids)
        try:
            written = table.upsert(ids.of(self._options.columns[KEY]), self._cells(ids, result, context), now)
            attached = self._attach(table, ids, written, result, memory, now=now) or written
        except RemoteError as error:
            raise self._explained(error, table, ids, memory) from None
        note = " ".join(_notes(written, attached))
        answer = attached.answer
        return Done(ids.link(self._options.base_id, written.id), note, answer.status, table.excerpt(answer))

    def recall(self, connection: Mapping[str, Any]) -> None:
        self._recalled = connection

    def check(self) -> CheckResult:
        try:
            tables = self._table(None).of_the_base()
        except RemoteError as error:
            if error.status != 403:
                raise
            return CheckResult(False, f"{error.message} {_NO_SCHEMA}")
        name = self._options.table
        table = self._remembered().described(tables)
        if table is None:
            return CheckResult(False, f'The base has no table "{name}".{meant(tables, name)}')
        found = list(faults(table["fields"], self._options.columns, self._options.attachment_column))
        if found:
            return CheckResult(False, " ".join(found))
        return CheckResult(True, f'The table "{table.get("name")}" has the columns. {_ONLY_A_TEST}')

    def test(self, key: str, now: int) -> CheckResult:
        """Names every column, so that one that is missing shows; all but the marks stay empty."""
        marks = {KEY: f"relay-test-{key[:8]}", "status": "test", "prompt": "A test from CreativeAI Relay."}
        columns, ids = self._options.columns, self._remembered()
        test = {ids.of(column): marks.get(field) for field, column in columns.items()}
        written = self._table(ids).upsert(ids.of(columns[KEY]), test, now)
        sentence = f'Airtable took a test record: "{marks[KEY]}" in the column "{columns[KEY]}".'
        return CheckResult(
            True, sentence, ids.link(self._options.base_id, written.id), {"record": written.id}
        )

    def remove_test(self, written: Mapping[str, str]) -> CheckResult:
        record = written.get("record", "")
        if not record:
            return CheckResult(
                False, "The relay does not know which record the test wrote. Remove the record in Airtable."
            )
        there = self._table(self._remembered()).remove(record)
        return CheckResult(
            True, "The test record is removed." if there else "The test record was gone already."
        )

    def _table(self, ids: Ids | None) -> Table:
        """None: by the names of the options."""
        options, ids = self._options, ids or Ids({}, self._options.table)
        token, attachments = options.token.get_secret_value(), ids.of(options.attachment_column)
        fields = {ids.of(column): column for column in self._columns}
        by_id = bool(_COLUMN_ID.fullmatch(attachments))
        return Table(options.base_id, ids.table, token, self._http, fields=fields, by_id=by_id)

    def _remembered(self) -> Ids:
        options = self._options
        known = remembered(self._recalled, options.base_id, options.table, self._columns)
        return known or Ids({}, options.table)

    def _cells(self, ids: Ids, result: Result, context: Mapping[str, Any]) -> dict[str, Any]:
        written = cells(self._options.columns, result, context)
        return {ids.of(column): value for column, value in written.items()}

    def _explained(self, error: RemoteError, table: Table, ids: Ids, memory: Memory) -> RemoteError:
        """With what the table is like now: a record that is refused because a column has become one that
        takes no such value stands for all later ones."""
        if error.whose == "transient" or error.status not in (403, 404, 422):
            return error
        try:
            tables = table.of_the_base()
        except RemoteError:
            return error
        if ids.are_gone(tables):
            forget(memory)
        described, options = ids.described(tables), self._options
        if error.whose != "record" or described is None:
            return error
        found = list(faults(described["fields"], options.columns, options.attachment_column))
        if not found:
            return error
        sentence = f"{error.message.partition('. ')[0]}. {' '.join(found)}"
        return RemoteError(sentence, "connection", status=error.status, answer=error.answer)

    def _attach(
        self, table: Table, ids: Ids, written: Written, result: Result, memory: Memory, *, now: int
    ) -> Written | None:
        """Once for each record: attachments replace what the cell holds, and Airtable fetches them anew."""
        column, attachments = ids.of(self._options.attachment_column), files(result)
        if not column or not attachments or memory.get(_ATTACHED) == written.id:
            return None
        attached = None
        if not written.cells.get(column):  # else an attempt whose end we never saw, or a person, filled it
            attached = table.update(written.id, {column: attachments}, now)
        if attached is None or not attached.files_lost:
            memory[_ATTACHED] = written.id
            memory.save()
        return attached


def _notes(written: Written, attached: Written) -> Iterator[str]:
    if written.namesakes > 1:
        yield (
            f"{written.namesakes} records have this generation id; the oldest was updated. "
            "Delete the others in Airtable."
        )
    if attached.files_lost:
        yield "Airtable could not fetch all files; the links in the record open them."
