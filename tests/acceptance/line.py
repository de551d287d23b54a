"""The line from a relay to the sandbox: it knows each Shopify call by name and can strike at any point."""

import contextlib
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

_OPERATION = re.compile(rb"(?:query|mutation) Relay([A-Za-z]+)")
_NAMES = {
    "Variants": "find the product",
    "Media": "look for media and marker",
    "FileNames": "look at file names",
    "Stage": "ask for an upload place",
    "Attach": "attach with its text",
    "Mark": "write the marker",
    "Status": "ask whether it is ready",
}


class Moment(StrEnum):
    """How far a call has come."""

    ARRIVED = "not carried out"
    CARRIED_OUT = "carried out, not answered"
    ANSWERED = "just answered"


MOMENTS = tuple(Moment)


@dataclass(frozen=True, slots=True)
class Aim:
    """The `nth` call of this name, or of all if it has none, counted from when the aim is taken."""

    moment: Moment
    name: str = ""
    nth: int = 1


@dataclass(slots=True)
class Passing:
    """A call and how far it came."""

    name: str
    moment: Moment


class Line:
    """A proxy on loopback. `calls` are those that came, in order; `hits` those that were struck, and when."""

    def __init__(self, sandbox_url: str) -> None:
        self.calls: list[Passing] = []
        self.hits: list[tuple[str, Moment]] = []
        self._sandbox = urlsplit(sandbox_url).netloc
        self._lock = threading.Lock()
        self._aim: Aim | None = None
        self._left = 0
        self._strike: Callable[[], None] = lambda: None
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def reached(self) -> list[tuple[str, Moment]]:
        """The last call and how far it came."""
        return [(call.name, call.moment) for call in self.calls[-1:]]

    def take(self, aim: Aim | None, strike: Callable[[], None] = lambda: None) -> None:
        """`strike` is called once, when a call is where it was aimed at; that call goes no further then."""
        with self._lock:
            self._aim, self._left, self._strike = aim, aim.nth if aim else 0, strike

    def _hits(self, call: Passing, moment: Moment) -> bool:
        """The call has come this far; whether it was struck there."""
        with self._lock:
            call.moment = moment
            aim = self._aim
            if aim is None or moment is not aim.moment or aim.name not in ("", call.name):
                return False
            self._left -= 1
            if self._left:
                return False
            self._aim = None
            self.hits.append((call.name, moment))
            self._strike()
            return True

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        line = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def handle(self) -> None:
                with contextlib.suppress(ConnectionError):  # a dead relay's
                    super().handle()

            def do_GET(self) -> None:
                line._pass_on(self)

            def do_POST(self) -> None:
                line._pass_on(self)

            def log_message(self, *_: object) -> None:
                pass

        return Handler

    def _pass_on(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers.get("Content-Length", "0")))
        call = Passing(_name(handler.path, body), Moment.ARRIVED)
        self.calls.append(call)
        handler.close_connection = True
        if self._hits(call, Moment.ARRIVED):
            return
        status, headers, answer = self._ask(handler, body)
        if self._hits(call, Moment.CARRIED_OUT):
            return
        handler.send_response_only(status)
        for name, value in headers:
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(answer)
        handler.close_connection = self._hits(call, Moment.ANSWERED)

    def _ask(self, handler: BaseHTTPRequestHandler, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        asking = HTTPConnection(self._sandbox, timeout=20)
        try:
            asking.request(handler.command, handler.path, body, dict(handler.headers.items()))
            response = asking.getresponse()
            return response.status, response.getheaders(), response.read()
        finally:
            asking.close()


def _name(path: str, body: bytes) -> str:
    if path.startswith("/output/"):
        return "fetch the video"
    if path == "/":
        return "upload the video"
    if path.endswith("/access_token"):
        return "get a token"
    found = _OPERATION.search(body)
    operation = found[1].decode() if found else path
    return _NAMES.get(operation, operation)
