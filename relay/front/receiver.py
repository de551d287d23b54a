"""What the parser says of a connection's bytes becomes requests; what is no HTTP, or too much, a refusal."""

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, cast

import httptools

from relay.front import incoming
from relay.front.incoming import Incoming
from relay.front.message import Answer

if TYPE_CHECKING:
    from relay.front.connection import Connection
    from relay.front.server import Server

log = logging.getLogger(__name__)


class Receiver:
    """`received` gets each request in its order: when it is whole, when the app is to read its body itself,
    or when it is refused, which ends it all. `begun` is called at the first byte of each.

    current   the one being received
    """

    def __init__(
        self,
        server: "Server",
        connection: "Connection",
        begun: Callable[[], None],
        received: Callable[[Incoming], None],
    ) -> None:
        self._server, self._connection = server, connection
        self._begun, self._received = begun, received
        self._parser: httptools.HttpRequestParser | None = httptools.HttpRequestParser(self)
        self._fruitless = 0  # bytes of a head, or of chunks, that have not come to anything
        self.current: Incoming | None = None

    @property
    def has_ended(self) -> bool:
        """Nothing more is read as requests."""
        return self._parser is None

    def feed(self, data: bytes) -> None:
        parser, before = self._parser, self.current
        if parser is None:
            return
        self._fruitless += len(data)
        try:
            parser.feed_data(data)
        except httptools.HttpParserUpgrade:  # not offered: answered as a plain request, the last one
            self._parser = None
        except httptools.HttpParserError as error:
            self.refuse(self._fault(error))
        if self.current is not before or self.current is None:
            self._fruitless = 0
        elif self._fruitless > self._server.limits.head_bytes:
            self.refuse(incoming.HEAD_TOO_LARGE)

    def refuse(self, answer: Answer) -> None:
        """Answer this in its turn, and read nothing more. A request that the app reads is cut off."""
        refused = self.current or Incoming(self._server, self._connection)
        self.end()
        if refused.stream:
            refused.drop("the rest of the body did not come")
            return
        refused.refusal = answer
        self._received(refused)

    def end(self) -> None:
        self._parser = self.current = None

    def _fault(self, error: Exception) -> Answer:
        if self.current and self.current.refusal:
            return self.current.refusal
        if isinstance(error, httptools.HttpParserCallbackError):
            log.error("request broke", exc_info=error)
            return incoming.BROKE
        return incoming.NOT_HTTP

    # ---- called by the parser

    def on_message_begin(self) -> None:
        self.current = Incoming(self._server, self._connection)
        self._begun()

    def on_url(self, part: bytes) -> None:
        cast("Incoming", self.current).request.target += part

    def on_header(self, name: bytes, value: bytes) -> None:
        current = cast("Incoming", self.current)
        if not current.has_head:  # else it is one behind the last chunk, which nobody asked for
            current.request.headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        current, parser = cast("Incoming", self.current), cast("httptools.HttpRequestParser", self._parser)
        method = parser.get_method().decode("latin-1")
        self._server.is_busy(self._connection)
        current.read_head(method, parser.get_http_version(), keep=parser.should_keep_alive())
        if current.stream:
            self._received(current)
        elif current.expects and self._connection.is_free:
            self._connection.send_continue()

    def on_body(self, part: bytes) -> None:
        current = cast("Incoming", self.current)
        self._fruitless = 0
        was_streamed = current.stream is not None
        current.take(part)
        if current.stream and not was_streamed:
            self._received(current)

    def on_message_complete(self) -> None:
        current = cast("Incoming", self.current)
        self.current = None
        current.end()
        if self._parser and self._parser.should_upgrade():
            current.keep = False
        if not current.stream:
            self._received(current)
