"""Google Sheets: each generation as a row of a spreadsheet, shared with a service account.

https://developers.google.com/workspace/sheets/api/guides/values
"""

import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from pydantic import Field, SecretStr, field_validator

from connectors.base import CheckResult, Connector, Done, Files, Memory, Options, Pace
from connectors.columns import DEFAULT_COLUMNS, KEY, Columns, Value, mapped
from connectors.sheets.client import Api
from connectors.sheets.oauth import Tokens
from connectors.sheets.service_account import read_service_account
from connectors.sheets.tab import Tab, TabState, Written
from relay.errors import RemoteError
from relay.http.client import Http
from relay.models.core import Result

_ADDRESS = re.compile(
    r"https://docs\.google\.com/spreadsheets/(?:u/[0-9]+/)?d/([A-Za-z0-9_-]{10,})(?:[/?#].*)?"
)
_ID = re.compile(r"[A-Za-z0-9_-]{10,200}")
_TEST = "relay-test-"
_TEST_ROW = {
    "status": "test",
    "prompt": "A test from CreativeAI Relay. Nothing was generated.",
}


class SheetsOptions(Options):
    """Which spreadsheet, and the account that may write to it."""

    service_account: SecretStr = Field(
        title="Service account key",
        description="The JSON file of a Google service account, whole. Share the spreadsheet, as editor, "
        "with the address in it that is called client_email. JSON in base64 is taken too.",
        examples=['{"type": "service_account", "client_email": "relay@my-project.iam.gserviceaccount.com"}'],
    )
    spreadsheet: str = Field(
        title="Spreadsheet",
        description="Its address, copied from the browser, or its id.",
        examples=["https://docs.google.com/spreadsheets/d/1BxiMVs0XRA5nFMdKvBdBZjgmUUqptlbs74OgvE2upms/edit"],
    )
    tab: str = Field(
        "Results",
        title="Tab",
        description="The name of the tab that gets the rows. It is made when it is missing.",
        examples=["Results"],
        min_length=1,
        max_length=100,
    )
    columns: Columns = Field(
        default_factory=lambda: dict(DEFAULT_COLUMNS),
        title="Columns",
        description="Which field goes to which column, by its name in row 1. Missing names are added at the "
        "right, all other columns are left alone.",
        examples=["generation_id=ID, status=Status, link=Video, context.sku=SKU"],
    )

    @field_validator("service_account")
    @classmethod
    def _key_can_be_read(cls, value: SecretStr) -> SecretStr:
        read_service_account(value.get_secret_value())
        return value

    @field_validator("spreadsheet")
    @classmethod
    def _id_of_the_spreadsheet(cls, value: str) -> str:
        match = _ADDRESS.fullmatch(value.strip())
        found = match[1] if match else value.strip()
        if not _ID.fullmatch(found):
            raise ValueError(
                "must be the address of a spreadsheet as the browser shows it while it is edited: "
                "https://docs.google.com/spreadsheets/d/.../edit"
            )
        return found

    @field_validator("tab")
    @classmethod
    def _tab_has_a_name(cls, value: str) -> str:
        if not value.strip().isprintable() or not value.strip():
            raise ValueError("must be the name of a tab, as shown at the bottom of the spreadsheet")
        return value.strip()

    @field_validator("columns")
    @classmethod
    def _names_as_they_are_read(cls, value: dict[str, str]) -> dict[str, str]:
        stripped = {field: column.strip() for field, column in value.items()}
        if not all(stripped.values()) or len(set(stripped.values())) < len(stripped):
            raise ValueError("each field needs a column of its own, with a name")
        return stripped


class Sheets(Connector):
    """Writes one row per generation, found by its id in the key column.

    Sheets has no upsert: the key column is read before every write, so a repeated attempt finds the row of
    the one before it, whose answer was lost. What remains: someone who sorts the tab in the half second
    between that read and the write.
    """

    kind = "sheets"
    title = "Google Sheets"
    summary = "A row for each result in a spreadsheet, kept up to date."
    needs = (
        "A Google service account with its JSON key, and the Google Sheets API enabled in its project.",
        "The spreadsheet shared, as editor, with the account's client_email.",
    )
    Options = SheetsOptions
    # 60 reads and 60 writes a minute; a delivery is one of each, and a few are left for headers and pages.
    pace = Pace(calls_per_second=0.9, concurrency=1, hold_is_shared=True)

    def __init__(self, options: SheetsOptions, http: Http) -> None:
        self._http = http
        self._account = read_service_account(options.service_account.get_secret_value())
        self._tokens = Tokens(self._account, http)
        self._spreadsheet, self._title, self._columns = options.spreadsheet, options.tab, options.columns
        self._key_name = self._columns[KEY]
        self._state = TabState()

    @property
    def target(self) -> str:
        return f"sheets:{self._spreadsheet}"

    @property
    def quota(self) -> str:
        return f"sheets:{self._account.email}"

    def deliver(
        self, result: Result, context: Mapping[str, Any], key: str, memory: Memory, files: Files, now: int
    ) -> Done:
        tab = self._tab(now)
        written = tab.upsert(mapped(self._columns, result, context))
        if self._state.sheet_id is None:
            with suppress(RemoteError):  # the row is there: a link to the first tab is better than a failure
                tab.find()
        return Done(
            link=self._link(written.row),
            note=_about_duplicates(written),
            status=written.reply.status,
            answer=written.reply.excerpt,
        )

    def check(self) -> CheckResult:
        """Reads the tabs and the header. Whether the account may write, only a test row shows."""
        tab = self._tab(None)
        names = list(self._columns.values())
        missing = tab.read().missing(names) if tab.find() else names
        if self._state.sheet_id is None:
            found = f'There is no tab "{self._title}" yet: the first result makes it.'
        elif missing:
            found = f"These names will be added to row 1, at the right: {', '.join(missing)}."
        else:
            found = "All columns are there."
        return CheckResult(True, f"{self._account.email} can read the spreadsheet. {found}", self._link(1))

    def test(self, key: str, now: int) -> CheckResult:
        row_key = f"{_TEST}{key[:8]}"
        fields = {**_TEST_ROW, KEY: row_key}
        values: dict[str, Value] = {column: fields.get(field, "") for field, column in self._columns.items()}
        written = self._tab(now).upsert(values)
        sentence = f'A test row is in the tab "{self._title}", in row {written.row}.'
        return CheckResult(True, sentence, self._link(written.row), {"row key": row_key})

    def remove_test(self, written: Mapping[str, str]) -> CheckResult:
        row_key = written.get("row key", "")
        if not row_key.startswith(_TEST):
            return CheckResult(False, "Nothing is known of a test row.")
        removed = self._tab(None).remove(row_key)
        return CheckResult(True, "The test row was deleted." if removed else "The test row is gone already.")

    def _tab(self, now: int | None) -> Tab:
        api = Api(self._http, self._spreadsheet, self._account, self._tokens, now)
        return Tab(api, self._title, self._key_name, self._state)

    def _link(self, row: int) -> str:
        tab = "" if self._state.sheet_id is None else f"gid={self._state.sheet_id}&"
        return f"https://docs.google.com/spreadsheets/d/{self._spreadsheet}/edit#{tab}range=A{row}"


def _about_duplicates(written: Written) -> str:
    if not written.duplicates:
        return ""
    rows = ", ".join(map(str, written.duplicates))
    return f"Row {written.row} was updated. The same id is in row {rows} too: delete what is not needed."
