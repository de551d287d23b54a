"""An Airtable: /v0/<base>/<table> and the list of a base's tables, with Airtable's errors and limits.

https://airtable.com/developers/web/api/introduction. Any token `pat...` is valid, except
`patRevoked...`. The tables' content is shown at /sandbox/airtable, where tables can be added too.
"""

import threading
from collections import defaultdict, deque
from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, jsonify, render_template_string, request
from flask.typing import ResponseReturnValue

from sandbox import validation
from sandbox.airtable import records as calls
from sandbox.airtable.tables import TYPES, AirtableError, Column, Table, unreadable
from sandbox.config import Config
from sandbox.errors import invalid
from sandbox.inboxes import Inboxes

INBOX = "airtable"
BASE = "appSandbox00000000"
TABLE = "tblSandbox00000000"
COLUMNS = {
    "Generation ID": "singleLineText",
    "Status": "singleSelect",
    "Kind": "singleLineText",
    "Prompt": "multilineText",
    "Link": "url",
    "All links": "multilineText",
    "Links end": "dateTime",
    "Error": "multilineText",
    "Model": "singleLineText",
    "Credits": "number",
    "Completed": "dateTime",
    "Files": "multipleAttachments",
}
PER_SECOND = 5  # requests to a base
PENALTY = 30.0  # seconds, from the last request that came too early
NOT_FOUND = (
    "Invalid permissions, or the requested model was not found. Check that both your user and your token "
    "have the required permissions, and that the model names and/or ids are correct."
)
LIMIT_RULES: dict[str, validation.Rule] = {
    "base": validation.text,
    "table": validation.text,
    "most_records": validation.whole_number(0, 1_000_000),
    "locked": validation.text,
    "types": validation.mapping,
}
TABLE_RULES: dict[str, validation.Rule] = {"base": validation.text, "table": validation.text}

PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Airtable of the sandbox</title>
{% for table in tables %}
<h1>{{ table.name }} in {{ table.base }}: {{ table.records|length }} records</h1>
<table border="1">
<tr>{% for column in table.fields %}<th>{{ column.name }}{% endfor %}
{% for record in table.records|reverse %}
<tr>{% for column in table.fields %}<td>{{ record.fields.get(column.name, "") }}{% endfor %}
{% endfor %}
</table>
{% endfor %}
</html>
"""


class Bases:
    """All bases and their tables, and how often each base was called."""

    def __init__(self, config: Config) -> None:
        self.lock = threading.Lock()
        self._clock, self._paced = config.clock, config.paced
        self._tables: defaultdict[str, list[Table]] = defaultdict(list)
        self._tables[BASE].append(Table("Videos", COLUMNS, TABLE))
        self._calls: defaultdict[str, deque[float]] = defaultdict(deque)
        self._barred_until: dict[str, float] = {}

    def now(self) -> float:
        return self._clock()

    def add(self, base: str, table: Table) -> None:
        self._tables[base].append(table)

    def tables(self, base: str) -> list[Table]:
        if base not in self._tables:
            raise AirtableError(403, "INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND", NOT_FOUND)
        return self._tables[base]

    def table(self, base: str, name: str) -> Table:
        for table in self.tables(base):
            if name in (table.id, table.name):
                return table
        raise AirtableError(403, "INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND", NOT_FOUND)

    def shown(self) -> list[dict[str, Any]]:
        return [
            {
                "base": base,
                **table.described(),
                "records": [table.shown(each) for each in table.records.values()],
            }
            for base, tables in self._tables.items()
            for table in tables
        ]

    def admit(self, base: str) -> None:
        """Raises 429 for a sixth call within a second, and within half a minute of a call that it refused."""
        now, calls = self.now(), self._calls[base]
        while calls and calls[0] <= now - 1:
            calls.popleft()
        calls.append(now)
        if self._paced and (now < self._barred_until.get(base, 0) or len(calls) > PER_SECOND):
            self._barred_until[base] = now + PENALTY
            raise AirtableError(429, "RATE_LIMIT_REACHED", "Rate limit exceeded. Please try again later")


def airtable(config: Config, inboxes: Inboxes) -> Blueprint:
    routes = Blueprint("airtable", __name__)
    bases = Bases(config)

    def answer(base: str, act: Callable[[], dict[str, Any]]) -> Response:
        def usual() -> Response:
            try:
                with bases.lock:
                    _check_token()
                    bases.admit(base)
                    return jsonify(act())
            except AirtableError as error:
                return _refusal(error)

        return inboxes.respond(INBOX, usual)

    @routes.get("/v0/meta/bases/<base>/tables")
    def tables(base: str) -> Response:
        return answer(base, lambda: {"tables": [table.described() for table in bases.tables(base)]})

    @routes.patch("/v0/meta/bases/<base>/tables/<name>")
    def rename_table(base: str, name: str) -> Response:
        return answer(base, lambda: _renamed(bases.table(base, name)))

    @routes.patch("/v0/meta/bases/<base>/tables/<name>/fields/<column>")
    def rename_column(base: str, name: str, column: str) -> Response:
        return answer(base, lambda: _renamed(bases.table(base, name).column(column)))

    @routes.get("/v0/<base>/<name>")
    def find(base: str, name: str) -> Response:
        return answer(base, lambda: calls.find(bases.table(base, name)))

    @routes.post("/v0/<base>/<name>")
    def create(base: str, name: str) -> Response:
        return answer(base, lambda: calls.create(bases.table(base, name), bases.now()))

    @routes.patch("/v0/<base>/<name>")
    def update_many(base: str, name: str) -> Response:
        return answer(base, lambda: calls.update_many(bases.table(base, name), bases.now()))

    @routes.get("/v0/<base>/<name>/<record>")
    def read(base: str, name: str, record: str) -> Response:
        return answer(base, lambda: calls.read(table := bases.table(base, name), table.record(record)))

    @routes.patch("/v0/<base>/<name>/<record>")
    def update(base: str, name: str, record: str) -> Response:
        return answer(base, lambda: calls.update(table := bases.table(base, name), table.record(record)))

    @routes.delete("/v0/<base>/<name>/<record>")
    def delete(base: str, name: str, record: str) -> Response:
        return answer(base, lambda: calls.delete(table := bases.table(base, name), table.record(record)))

    @routes.get("/sandbox/airtable")
    def show() -> ResponseReturnValue:
        """A page for a browser, JSON for other clients."""
        with bases.lock:
            shown = bases.shown()
        if request.accept_mimetypes.best_match(["application/json", "text/html"]) == "text/html":
            return render_template_string(PAGE, tables=shown)
        return jsonify(tables=shown)

    @routes.post("/sandbox/airtable/tables")
    def add() -> ResponseReturnValue:
        """{"base", "table", "columns": {name: type}}: the base comes into being with its first table."""
        given = validation.check(request.get_json(), TABLE_RULES, required=("base", "table", "columns"))
        columns = given["columns"]
        if (
            not isinstance(columns, dict)
            or not columns
            or any(each not in TYPES for each in columns.values())
        ):
            raise invalid(f"Give 'columns': names with types, which are {', '.join(TYPES)}.", "columns")
        with bases.lock:
            bases.add(given["base"], table := Table(given["table"], columns))
        return jsonify(base=given["base"], **table.described()), 201

    @routes.delete("/sandbox/airtable/<base>/<name>/<record>")
    def remove(base: str, name: str, record: str) -> Response:
        """As a person does in Airtable's pages: no call that counts for the base's limit."""
        with bases.lock:
            return jsonify(calls.delete(table := bases.table(base, name), table.record(record)))

    @routes.post("/sandbox/airtable/limits")
    def limit() -> ResponseReturnValue:
        """What the plan allows, a column that nobody may edit ("locked"), and columns of other types."""
        given = validation.check(request.get_json(), LIMIT_RULES, required=("base", "table"))
        with bases.lock:
            table = bases.table(given["base"], given["table"])
            table.most_records = given.get("most_records", table.most_records)
            table.locked = given.get("locked", "")
            for column, kind in given.get("types", {}).items():
                table.column(column).type = kind
        return jsonify(table.described()), 201

    return routes


def _renamed(named: Table | Column) -> dict[str, Any]:
    """Also by the ID that stays: https://airtable.com/developers/web/api/update-table"""
    given = request.get_json(force=True, silent=True)
    if not isinstance(given, dict) or not given.get("name"):
        raise unreadable()
    named.name = str(given["name"])
    return named.described()


def _check_token() -> None:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if not token:
        raise AirtableError(401, "AUTHENTICATION_REQUIRED", "Authentication required")
    if scheme != "Bearer" or not token.startswith("pat") or token.startswith("patRevoked"):
        raise AirtableError(401, "UNAUTHORIZED", "Invalid token")


def _refusal(error: AirtableError) -> Response:
    """In the shape that Airtable has for it; there are three."""
    said: dict[str, Any] = {"error": error.kind}
    if error.status == 429:
        said = {"errors": [{"error": error.kind, "message": error.message}]}
    elif error.message:
        said = {"error": {"type": error.kind, "message": error.message}}
    response = jsonify(said)
    response.status_code = error.status
    return response
