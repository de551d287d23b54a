"""Google Sheets: sheets.googleapis.com and oauth2.googleapis.com under their real paths, answers as Google's.

Received requests are in the inboxes `sheets` and `google-token`; a spreadsheet is shown at
/sandbox/sheets/<id>.
"""

import threading
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, jsonify, render_template_string, request
from flask.typing import ResponseReturnValue

from sandbox.config import Config
from sandbox.errors import invalid, not_found
from sandbox.inboxes import Inboxes
from sandbox.rate_limits import Window
from sandbox.sheets import field_mask
from sandbox.sheets.errors import GoogleError, quota_exceeded
from sandbox.sheets.grid import Tab
from sandbox.sheets.oauth import TokenError, Tokens
from sandbox.sheets.requests import reads, route
from sandbox.sheets.spreadsheets import Spreadsheet, Spreadsheets

INBOX = "sheets"
TOKEN_INBOX = "google-token"  # noqa: S105 - the name of an inbox
PER_MINUTE = 60  # reads, and as many writes, of one account

PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Spreadsheet {{ book.id }}</title>
<h1>Spreadsheet {{ book.id }}</h1>
{% for tab in book.tabs %}
<h2>{{ tab.title }}</h2>
<table border="1">
{% for row in tab.rows %}<tr><th>{{ loop.index }}</th>
{% for value in row %}<td>{{ "" if value is none else value }}</td>{% endfor %}</tr>
{% endfor %}
</table>
{% endfor %}
</html>
"""


class Quota:
    """Reads and writes a minute of each account."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._lock = threading.Lock()
        self._windows: defaultdict[tuple[str, str], Window] = defaultdict(
            lambda: Window(PER_MINUTE, 60, "requests a minute")
        )

    def take(self, email: str, what: str) -> None:
        if not self._config.paced:
            return
        now = self._config.clock()
        with self._lock:
            window = self._windows[email, what]
            if not window.remaining(now):
                raise quota_exceeded(what)
            window.take(now)


def sheets(config: Config, inboxes: Inboxes) -> Blueprint:
    routes = Blueprint("sheets", __name__)
    books, tokens, quota = Spreadsheets(), Tokens(config.clock), Quota(config)

    @routes.post("/token")
    def token() -> Response:
        return inboxes.respond(TOKEN_INBOX, lambda: _granted(tokens))

    @routes.route("/v4/spreadsheets/<path:rest>", methods=["GET", "POST", "PUT"])
    def call(rest: str) -> Response:
        return inboxes.respond(INBOX, lambda: _answered(lambda: _called(books, tokens, quota, rest)))

    @routes.get("/sandbox/sheets/<spreadsheet>")
    def show(spreadsheet: str) -> ResponseReturnValue:
        """A page for a browser, JSON for other clients; what the JSON says can be posted back, edited."""
        book = _known(books, spreadsheet)
        with books.lock:
            if request.accept_mimetypes.best_match(["application/json", "text/html"]) == "text/html":
                return render_template_string(PAGE, book=book)
            return jsonify(_shown(book))

    @routes.post("/sandbox/sheets")
    def make() -> ResponseReturnValue:
        """A spreadsheet as described, in the place of the one with this id."""
        given = request.get_json()
        if not isinstance(given, dict) or not isinstance(given.get("id"), str) or not given["id"]:
            raise invalid("Give an 'id'.", "id")
        book = _made(given)
        books.put(book)
        return jsonify(_shown(book)), 201

    @routes.put("/sandbox/sheets/<spreadsheet>/<title>")
    def fill(spreadsheet: str, title: str) -> ResponseReturnValue:
        """{"values": rows}: this tab holds these alone. Other tabs may be written to meanwhile."""
        given = request.get_json()
        if not isinstance(given, dict) or not isinstance(given.get("values"), list):
            raise invalid("Give 'values': a list of rows.", "values")
        book = _known(books, spreadsheet)
        with books.lock:
            tab = next((each for each in book.tabs if each.title == title), None)
            if tab is None:
                raise not_found("tab", "title")
            tab.rows = [list(row) for row in given["values"]]
            return jsonify(_shown(book))

    @routes.post("/sandbox/sheets/tokens/revoke")
    def revoke() -> ResponseReturnValue:
        """From now on every access token that was given out is refused."""
        return jsonify(revoked=tokens.revoke_all())

    return routes


def _granted(tokens: Tokens) -> Response:
    try:
        return jsonify(tokens.grant(request.form))
    except TokenError as error:
        response = jsonify(error.body)
        response.status_code = 400
        return response


def _answered(usual: Callable[[], dict[str, Any]]) -> Response:
    try:
        return jsonify(usual())
    except GoogleError as error:
        response = jsonify(error.body)
        response.status_code = error.code
        return response


def _called(books: Spreadsheets, tokens: Tokens, quota: Quota, rest: str) -> dict[str, Any]:
    email = tokens.account(request.headers.get("Authorization", ""))
    quota.take(email, "Read" if reads(request.method, rest) else "Write")
    spreadsheet, call, cells = route(request.method, rest)
    query = {name: request.args.getlist(name) for name in request.args}
    mask = field_mask.parse(query["fields"][0]) if "fields" in query else {}
    with books.lock:
        book = books.opened(spreadsheet, email)
        answer = call(book, cells, query, request.get_json(silent=True))
    found: dict[str, Any] = field_mask.apply(mask, answer)
    return found


def _known(books: Spreadsheets, spreadsheet: str) -> Spreadsheet:
    try:
        return books.get(spreadsheet)
    except GoogleError:
        raise not_found("spreadsheet", "id") from None


def _shown(book: Spreadsheet) -> dict[str, Any]:
    tabs = [
        {
            "title": tab.title,
            "sheetId": tab.id,
            "columns": tab.column_count,
            "frozen_rows": tab.frozen_rows,
            "values": tab.rows,
        }
        for tab in book.tabs
    ]
    return {"id": book.id, "shared_with": book.shared_with and sorted(book.shared_with), "tabs": tabs}


def _made(given: dict[str, Any]) -> Spreadsheet:
    book = Spreadsheet(given["id"])
    if given.get("shared_with") is not None:
        book.shared_with = frozenset(given["shared_with"])
    if given.get("tabs"):
        book.tabs = [
            Tab(
                tab.get("sheetId", number * 1001),
                tab["title"],
                row_count=max(1000, len(tab.get("values", []))),
                column_count=max([tab.get("columns", 26), *map(len, tab.get("values", []))]),
                frozen_rows=tab.get("frozen_rows", 0),
                rows=[list(row) for row in tab.get("values", [])],
            )
            for number, tab in enumerate(given["tabs"])
        ]
    return book
