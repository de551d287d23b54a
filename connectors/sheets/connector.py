"""Google Sheets: each generation as a row of a spreadsheet, shared with a service account.

https://developers.google.com/workspace/sheets/api/guides/values
"""

import re
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from pydantic import Field, SecretStr, field_validator

from connectors.base import CheckResult, Connector, Done, Files, Memory, NotYet, Options, Pace
from connectors.columns import DEFAULT_COLUMNS, KEY, Columns, Value, mapped
from connectors.sheets.client import Api
from connectors.sheets.oauth import Tokens
from connectors.sheets.service_account import read_service_account
from connectors.sheets.tab import KnownTab, Tab, Written
from relay.http.client import Http
from relay.models.core import Result

_ADDRESS = re.compile(
    r"https://docs\.google\.com/spreadsheets/(?:u/[0-9]+/)?d/([A-Za-z0-9_-]{10,})(?:[/?#].*)?"
)
_ID = re.compile(r"[A-Za-z0-9_-]{10,200}")
_PER_SECOND = 0.9
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
        description="The name of the tab that gets the rows. The first result makes it when it is missing. "
        "From then on the relay follows that tab, also when you rename it.",
        examples=["Results"],
        min_length=1,
        max_length=100,
    )
    columns: Columns = Field(
        default_factory=lambda: dict(DEFAULT_COLUMNS),
        title="Columns",
        description="Which field goes to which column, by its name in row 1. Missing names are added at the "
        "right; when you rename one, rename it here too. All other columns are left alone.",
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
    the one before it, whose answer was lost. What remains: someone who sorts the tab, or gives its name to
    another one, in the half second between that read and the write.
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
    pace = Pace(calls_per_second=_PER_SECOND, concurrency=1, hold_is_shared=True)

    def __init__(self, options: SheetsOptions, http: Http) -> None:
        self._http = http
        self._account = read_service_account(options.service_account.get_secret_value())
        self._tokens = Tokens(self._account, http)
        self._spreadsheet, self._name, self._columns = options.spreadsheet, options.tab, options.columns
        self._key_name = self._columns[KEY]
        self._recalled: Mapping[str, Any] = {}

    @property
    def target(self) -> str:
        return f"sheets:{self._spreadsheet}"

    @property
    def quota(self) -> str:
        return f"sheets:{self._account.email}"

    def deliver(
        self, result: Result, context: Mapping[str, Any], key: str, memory: Memory, files: Files, now: int
    ) -> Done | NotYet:
        """One read and one write; where the tab needed more, the row comes next, so that calls are paced."""
        api = self._api(now)
        tab = self._tab(api, memory.connection)
        found = tab.prepare(list(self._columns.values()))
        self._remember(tab.known, memory)
        if more := max(api.reads - 1, api.writes):
            return NotYet(more / _PER_SECOND, "The tab is prepared; the row comes next.", holds=True)
        written = tab.upsert(found, mapped(self._columns, result, context))
        return Done(
            link=self._link(tab, written.row),
            note=_about_duplicates(written),
            status=written.reply.status,
            answer=written.reply.excerpt,
        )

    def recall(self, connection: Mapping[str, Any]) -> None:
        self._recalled = connection

    def check(self) -> CheckResult:
        """Reads what a delivery reads. Whether the account may write, only a test row shows."""
        tab = self._tab(self._api(None), self._recalled)
        missing = tab.missing(list(self._columns.values()))
        if missing is None:
            found = f'There is no tab "{self._name}" yet: the first result makes it.'
        elif missing:
            found = f"These names will be added to row 1, at the right: {', '.join(missing)}."
        else:
            found = "All columns are there."
        return CheckResult(
            True, f"{self._account.email} can read the spreadsheet. {found}", self._link(tab, 1)
        )

    def test(self, key: str, now: int) -> CheckResult:
        row_key = f"{_TEST}{key[:8]}"
        fields = {**_TEST_ROW, KEY: row_key}
        values: dict[str, Value] = {column: fields.get(field, "") for field, column in self._columns.items()}
        tab = self._tab(self._api(now), self._recalled)
        written = tab.upsert(tab.prepare(list(values)), values)
        sentence = f'A test row is in the tab "{tab.title}", in row {written.row}.'
        return CheckResult(True, sentence, self._link(tab, written.row), {"row key": row_key})

    def remove_test(self, written: Mapping[str, str]) -> CheckResult:
        row_key = written.get("row key", "")
        if not row_key.startswith(_TEST):
            return CheckResult(False, "Nothing is known of a test row.")
        removed = self._tab(self._api(None), self._recalled).remove(row_key)
        return CheckResult(True, "The test row was deleted." if removed else "The test row is gone already.")

    def _api(self, now: int | None) -> Api:
        return Api(self._http, self._spreadsheet, self._account, self._tokens, now)

    def _tab(self, api: Api, remembered: Mapping[str, Any]) -> Tab:
        """What is remembered of another spreadsheet or tab, before the options changed, does not count."""
        same = remembered.get("of") == self._of
        known = KnownTab(**remembered["tab"]) if same else KnownTab()
        return Tab(api, self._name, self._key_name, known)

    def _remember(self, known: KnownTab, memory: Memory) -> None:
        seen = {"of": self._of, "tab": asdict(known)}
        if memory.connection != seen:
            memory.connection.update(seen)
            memory.save()

    @property
    def _of(self) -> list[str]:
        return [self._spreadsheet, self._name]

    def _link(self, tab: Tab, row: int) -> str:
        sheet_id = tab.known.sheet_id
        gid = "" if sheet_id is None else f"gid={sheet_id}&"
        return f"https://docs.google.com/spreadsheets/d/{self._spreadsheet}/edit#{gid}range=A{row}"


def _about_duplicates(written: Written) -> str:
    if not written.duplicates:
        return ""
    rows = ", ".join(map(str, written.duplicates))
    return f"Row {written.row} was updated. The same id is in row {rows} too: delete what is not needed."
