"""Where results go on this machine: inboxes that keep whatever is posted, and answer as ordered beforehand.

The lookalikes of real services (`slack/`) keep what they got here too, under their own name.
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
<h2>{{ item.number }}. {{ item.path }}, answered {{ item.status }}</h2>
<pre>{% for key, value in item.headers.items() %}{{ key }}: {{ value }}
{% endfor %}
{{ item.body }}</pre>
{% endfor %}
</html>
"""


@dataclass(frozen=True, slots=True)
class Received:
    """One request that came to an inbox, and the status it was answered."""

    number: int
    name: str
    at: float
    path: str
    headers: Mapping[str, str]
    body: str
    status: int


@dataclass(frozen=True, slots=True)
class Order:
    """The answer ordered for a request that is still to come."""

    status: int
    body: str = ""
    retry_after: int | None = None


class Inboxes:
    """All inboxes by name; they come into being with their first request."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._count = 0
        self._received: deque[Received] = deque(maxlen=KEPT)
        self._orders: defaultdict[str, deque[Order]] = defaultdict(deque)
        self._lost_share = 0.0
        self._chance = random.Random()  # noqa: S311 - picks misfortunes, guards nothing

    def lose_answers(self, share: float, seed: int = 0) -> None:
        """From now on, this share of requests is carried out and then not answered: the connection breaks."""
        with self._lock:
            self._lost_share, self._chance = share, random.Random(seed)  # noqa: S311

    def order(self, name: str, order: Order, times: int = 1) -> None:
        """The next `times` requests to this inbox are answered so, after those ordered before."""
        with self._lock:
            self._orders[name].extend([order] * times)

    def received(self, name: str | None = None) -> list[Received]:
        """What came, oldest first, to this inbox or to all."""
        with self._lock:
            return [item for item in self._received if name in (None, item.name)]

    def answer(self, name: str, usual: Callable[[], Response]) -> Response:
        """Keep the current request, and answer it as ordered, else as usual."""
        with self._lock:
            order = self._orders[name].popleft() if self._orders.get(name) else None
        response = _ordered(order) if order else usual()
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
            break_off()
        return response


def break_off() -> None:
    """The current request's connection ends without an answer."""
    connection: socket.socket = request.environ["werkzeug.socket"]
    connection.shutdown(socket.SHUT_RDWR)


def destinations(inboxes: Inboxes) -> Blueprint:
    routes = Blueprint("destinations", __name__)

    @routes.post("/inbox/<name>")
    def receive(name: str) -> ResponseReturnValue:
        return inboxes.answer(name, lambda: jsonify(ok=True))

    @routes.get("/inbox/<name>")
    def show(name: str) -> ResponseReturnValue:
        """A page for a browser, JSON for everybody else."""
        items = inboxes.received(name)
        if request.accept_mimetypes.best_match(["application/json", "text/html"]) == "text/html":
            return render_template_string(PAGE, name=name, items=items)
        return jsonify(received=[asdict(item) for item in items])

    return routes


def _ordered(order: Order) -> Response:
    response = Response(order.body, status=order.status, mimetype="text/plain")
    if order.retry_after is not None:
        response.headers["Retry-After"] = str(order.retry_after)
    return response
