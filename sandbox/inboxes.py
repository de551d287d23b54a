"""Destinations on this machine: inboxes that keep every request, and respond as planned beforehand.

The simulated services (`slack/`) keep their requests here too, under their own name.
"""

import random
import socket
import threading
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass

from flask import Blueprint, Response, jsonify, render_template_string, request
from flask.typing import ResponseReturnValue

KEPT = 1000

PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Inbox {{ name }}</title>
<h1>Inbox {{ name }}: {{ items|length }} received</h1>
{% for item in items|reverse %}
<h2>{{ item.number }}. {{ item.path }}, response {{ item.status }}</h2>
<pre>{% for key, value in item.headers.items() %}{{ key }}: {{ value }}
{% endfor %}
{{ item.body }}</pre>
{% endfor %}
</html>
"""


@dataclass(frozen=True, slots=True)
class Received:
    """One request to an inbox, and the status of its response."""

    number: int
    name: str
    at: float
    path: str
    headers: Mapping[str, str]
    body: str
    status: int


@dataclass(frozen=True, slots=True)
class PlannedResponse:
    """The response to a coming request; if named, only of this HTTP method and with this in its path."""

    status: int
    body: str = ""
    retry_after: int | None = None
    method: str = ""
    path: str = ""


class Inboxes:
    """All inboxes by name; each is created by its first request."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._count = 0
        self._received: deque[Received] = deque(maxlen=KEPT)
        self._planned: defaultdict[str, deque[PlannedResponse]] = defaultdict(deque)
        self._lost_share = 0.0
        self._chance = random.Random()  # noqa: S311 - picks faults, guards nothing

    def drop_responses(self, share: float, seed: int = 0) -> None:
        """From now on, this share of requests is carried out without a response: the connection breaks."""
        with self._lock:
            self._lost_share, self._chance = share, random.Random(seed)  # noqa: S311

    def plan(self, name: str, response: PlannedResponse, times: int = 1) -> None:
        """The next `times` requests to this inbox get this response, after those planned before."""
        with self._lock:
            self._planned[name].extend([response] * times)

    def _next(self, name: str, method: str, path: str) -> PlannedResponse | None:
        planned = self._planned[name]
        found = next((each for each in planned if each.method in ("", method) and each.path in path), None)
        if found:
            planned.remove(found)
        return found

    def received(self, name: str | None = None) -> list[Received]:
        """The requests to this inbox or to all, oldest first."""
        with self._lock:
            return [item for item in self._received if name in (None, item.name)]

    def respond(self, name: str, usual: Callable[[], Response]) -> Response:
        """Keep the current request, and respond as planned, else as usual."""
        with self._lock:
            planned = self._next(name, request.method, request.path)
        response = _made(planned) if planned else usual()
        body = request.get_data(as_text=True)
        with self._lock:
            self._count += 1
            item = Received(
                self._count,
                name,
                self._clock(),
                request.path,
                dict(request.headers),
                body,
                response.status_code,
            )
            self._received.append(item)
            lost = self._chance.random() < self._lost_share
        if lost:
            drop_connection()
        return response


def drop_connection() -> None:
    """The current request's connection ends without a response."""
    connection: socket.socket = request.environ["werkzeug.socket"]
    connection.shutdown(socket.SHUT_RDWR)


def destinations(inboxes: Inboxes) -> Blueprint:
    routes = Blueprint("destinations", __name__)

    @routes.post("/inbox/<name>")
    def receive(name: str) -> ResponseReturnValue:
        return inboxes.respond(name, lambda: jsonify(ok=True))

    @routes.get("/inbox/<name>")
    def show(name: str) -> ResponseReturnValue:
        """A page for a browser, JSON for other clients."""
        items = inboxes.received(name)
        if request.accept_mimetypes.best_match(["application/json", "text/html"]) == "text/html":
            return render_template_string(PAGE, name=name, items=items)
        return jsonify(received=[asdict(item) for item in items])

    return routes


def _made(planned: PlannedResponse) -> Response:
    response = Response(planned.body, status=planned.status, mimetype="text/plain")
    if planned.retry_after is not None:
        response.headers["Retry-After"] = str(planned.retry_after)
    return response
