"""A request on its way in: what its head says about its body, and the body as it comes, within limits."""

from typing import TYPE_CHECKING

from relay.front import message
from relay.front.body import HELD, BodyStream
from relay.front.message import Answer, Request
from relay.front.pace import Pace

if TYPE_CHECKING:
    from relay.front.connection import Connection
    from relay.front.server import Server

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
FULL = message.error(
    503,
    "The relay is receiving too many large requests at the moment. Try again in a moment.",
    ("Retry-After", "5"),
)
BROKE = message.error(500, "The relay has an internal error. See its log.")
NOT_HTTP = message.error(400, "This is not a request that HTTP/1.1 allows.")
HEAD_TOO_LARGE = message.error(431, "The request's headers are too large.")


class RefusedError(Exception):
    """Ends the parsing of a request; its `refusal` says why."""


class Incoming:
    """A body that fits is collected; the app reads a longer one itself, from `stream`, while it comes.

    `refusal` is the answer if the request is to be answered without being worked on.
    """

    def __init__(self, server: "Server", connection: "Connection") -> None:
        self._server, self._connection = server, connection
        self.request = Request()
        self.keep = False
        self.expects = False
        self.has_head = self.is_complete = False
        self.direct = False
        self.refusal: Answer | None = None
        self.stream: BodyStream | None = None
        self._chunks: list[bytes] = []
        self._size = 0
        self._charged = 0  # bytes of the memory that all share
        self._in_app = False
        self._began = server.now
        self._slow_allowed = False
        self._pace = Pace(server.limits.request_seconds, server.limits.least_pace)

    def read_head(self, method: str, version: str, *, keep: bool) -> None:
        """Raises RefusedError."""
        request, limits = self.request, self._server.limits
        self.has_head, self.keep = True, keep
        request.method, request.version = method, version
        size = len(request.target) + sum(len(name) + len(value) + 4 for name, value in request.headers)
        if size > limits.head_bytes or len(request.headers) > limits.head_fields:
            raise self._refused(HEAD_TOO_LARGE)
        is_doubtful = [name for name, _ in request.headers].count(b"host") > 1  # RFC 9112, 3.2
        if is_doubtful or version == "0.9":  # as the parser calls a request line that names none
            raise self._refused(NOT_HTTP)
        if version not in {"1.0", "1.1"}:
            raise self._refused(message.error(505, "Use HTTP/1.1 or HTTP/1.0."))
        if method == "CONNECT":
            raise self._refused(message.error(405, "The relay is no proxy."))
        coding, length = request.header(b"transfer-encoding"), request.header(b"content-length")
        if coding is not None and (coding.lower() != "chunked" or version == "1.0"):
            raise self._refused(message.error(501, "Send the body as it is, or chunked."))
        request.path, request.query = message.split_target(request.target)
        self.expects = version == "1.1" and (request.header(b"expect") or "").lower() == "100-continue"
        self.direct = self._server.direct.wants(request.path)
        self._check_size(int(length) if length else 0)

    def take(self, part: bytes) -> None:
        """Raises RefusedError."""
        self.expects = False
        if self.stream:
            self.stream.feed(part)
            self._pace.hand_over(len(part))
            self._connection.update_reading()
            return
        self._chunks.append(part)
        self._size += len(part)
        self._check_size(self._size)
        if not self.stream:
            self._charged += len(part)
            if not self._server.hold_body(self._connection, len(part)):
                raise self._refused(FULL)

    def end(self) -> None:
        """All of it has come."""
        self.is_complete = True
        self._server.body_is_whole(self._connection)
        if self.stream:
            self.stream.complete()
        else:
            self.request.body = b"".join(self._chunks)
            self._chunks = []

    def drop(self, why: str) -> None:
        """The rest will not come."""
        if self.stream:
            self.stream.cut(why)
        self.release()

    def release(self) -> None:
        """It is answered: its memory and its place in the app are for others."""
        self._server.body_is_whole(self._connection)
        self._server.release(self._charged)
        self._charged = 0
        if self._in_app:
            self._in_app = False
            self._server.leave_app(self)

    def entered_app(self) -> None:
        self._in_app = True

    def allow_slow_body(self) -> None:
        """Called by a route, on its thread: this upload is wanted, and may come at the least pace."""
        self._slow_allowed = True

    def check(self, now: float) -> None:
        """Cut off a body that the app waits for, and that comes too slowly."""
        stream = self.stream
        if stream is None or self.is_complete:
            return
        if stream.held > HELD:  # it is the app that is slow
            self._pace.rest()
            self._began = now
        elif self._slow_allowed:
            if self._pace.is_too_slow(now, 0):
                stream.cut("the body came too slowly")
        elif now - self._began >= self._server.limits.request_seconds:
            stream.cut("the body did not come in time")

    def _check_size(self, size: int) -> None:
        if size <= self._server.limits.body_bytes:
            return
        if self.direct:
            raise self._refused(self._server.direct.too_large)
        self._server.body_is_whole(self._connection)
        self._server.release(self._charged)
        self._charged = 0
        self.stream = BodyStream(self._wanted, self._taken)
        for chunk in self._chunks:
            self.stream.feed(chunk)
        self._chunks = []

    def _wanted(self) -> None:
        """Called on the app's thread, when it first reads."""
        if self.expects:
            self.expects = False
            self._server.call_on_loop(self._connection.send_continue)

    def _taken(self) -> None:
        self._server.call_on_loop(self._connection.update_reading)

    def _refused(self, answer: Answer) -> RefusedError:
        self.refusal = answer
        return RefusedError(answer.status)
