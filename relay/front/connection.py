"""One client's connection: its requests are received within limits and answered in their order."""

import asyncio
import logging
import socket
from collections import deque
from typing import TYPE_CHECKING, cast

from relay.front import incoming, message
from relay.front.body import HELD
from relay.front.incoming import Incoming
from relay.front.message import Answer, Headers
from relay.front.pace import Pace
from relay.front.receiver import Receiver
from relay.front.response import Response
from relay.front.wsgi import PART, Exchange, make_environ

if TYPE_CHECKING:
    from relay.front.server import Server

LINGER_SECONDS = 2.0  # a refused client has so long to see the answer; some of what it sends is thrown away
_UNSENT = 65_536  # bytes that the kernel takes before it can send them
_LATE = "The request did not arrive within {:g} seconds. Send the request again."
_BROKEN_OFF = "The body broke off or its chunks are malformed."

log = logging.getLogger(__name__)


class Connection(asyncio.Protocol):
    """Everything here runs on the loop."""

    def __init__(self, server: "Server") -> None:
        self._server, self._limits = server, server.limits
        self._transport: asyncio.Transport = cast("asyncio.Transport", None)
        self._receiver = Receiver(server, self, self._begun, self._received)
        self._client = ("", 0)
        self._queue: deque[Incoming] = deque()  # received, or to be read by the app
        self._active: Incoming | None = None  # being answered
        self._exchange: Exchange | None = None
        self._thrown_away = 0  # bytes that came after a refusal
        self._deadline = 0.0  # of what is received, or of being idle
        self._turning = self._paused = self._lingering = self._lost = self._half_closed = False
        self._response = Response()
        self._is_full = False  # the transport takes no more for now
        self._taking = Pace(self._limits.request_seconds, self._limits.least_pace)

    # ---- what the transport says

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(high=PART)
        _report_progress_early(transport.get_extra_info("socket"))
        address, port = (transport.get_extra_info("peername") or ("", 0))[:2]
        self._client = (address.removeprefix("::ffff:"), port)  # IPv4, on a socket for both
        self._deadline = self._server.now + self._limits.request_seconds
        self._server.opened(self)

    def data_received(self, data: bytes) -> None:
        if self._receiver.has_ended:
            self._thrown_away += len(data)
            self.update_reading()
            return
        self._receiver.feed(data)
        self._take_turns()

    def eof_received(self) -> bool:
        """Who has said that no more comes may still wait for an answer. True: keep the connection."""
        if self._lingering or not self._has_work:
            return False
        self._half_closed = True
        if self._receiver.current:
            self._refuse(message.error(400, _BROKEN_OFF))
        return True

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - whatever was the reason
        self._lost = True
        self._server.closed(self)
        for each in (*self._queue, self._active, self._receiver.current):
            if each:
                each.drop("the client closed the connection")
        self._queue.clear()
        self._receiver.end()
        if self._exchange and self._response.waits_for_room:
            self._exchange.abandon()
            self._ended()

    def pause_writing(self) -> None:
        self._is_full = True

    def resume_writing(self) -> None:
        self._is_full = False
        self._make_next_part()

    # ---- what is received

    def _begun(self) -> None:
        cast("Incoming", self._receiver.current).request.client = self._client
        if not self._active:
            self._deadline = self._server.now + self._limits.request_seconds

    def _received(self, received: Incoming) -> None:
        self._queue.append(received)

    # ---- one answer after the other

    def _take_turns(self) -> None:
        if self._turning:
            return
        self._turning = True
        try:
            while self._queue and not self._active and not self._lost and not self._lingering:
                self._active = self._queue.popleft()
                self._begin(self._active)
        finally:
            self._turning = False
        self.update_reading()

    def _begin(self, received: Incoming) -> None:
        if received.refusal:
            received.keep = False
            self.answer(received, received.refusal)
        elif received.direct:
            self._answer_directly(received)
        elif refusal := self._server.enter_app(received):
            self.answer(received, refusal)
        else:
            environ = make_environ(received.request, self._server.address, received.stream)
            environ["relay.allow_slow_body"] = received.allow_slow_body
            self._exchange = self._server.run_app(environ, self)

    def _answer_directly(self, received: Incoming) -> None:
        try:
            self._server.direct(received.request, lambda answer: self.answer(received, answer))
        except Exception:
            log.exception("request broke", extra={"path": received.request.path})
            self.answer(received, incoming.BROKE)

    def _refuse(self, answer: Answer) -> None:
        self._receiver.refuse(answer)
        self._take_turns()

    def answer(self, received: Incoming, answer: Answer) -> None:
        """The whole response to the request whose turn it is."""
        if received is not self._active or self._lost:
            received.release()
            return
        headers = [*answer.headers, ("Content-Length", str(len(answer.body)))]
        head = self._head(received, message.status_line(answer.status), headers)
        self._write(head if received.request.method == "HEAD" else head + answer.body)
        self._ended()

    def begin(self, status: str, headers: Headers, part: bytes, *, last: bool) -> None:
        if self._lost or not self._active:
            self._drop_response(last=last)
            return
        received, response = self._active, self._response
        headers = response.frame(received.request, status, headers, part, last=last)
        received.keep = received.keep and not response.until_closed
        head = self._head(received, status, headers)
        self._write(head + response.framed(part, last=last))
        self._after_part(last=last)

    def go_on(self, part: bytes, *, last: bool) -> None:
        if self._lost:
            self._drop_response(last=last)
            return
        self._write(self._response.framed(part, last=last))
        self._after_part(last=last)

    def break_off(self, *, begun: bool) -> None:
        if self._active and not begun:
            self.answer(self._active, incoming.BROKE)
        else:
            self._transport.abort()
            self._ended()

    def _head(self, received: Incoming, status: str, headers: Headers) -> bytes:
        received.keep = received.keep and received.is_complete and self._may_keep()
        version = received.request.version
        return message.head(version, status, headers, self._server.date, keep=received.keep)

    def _may_keep(self) -> bool:
        return not self._server.closing and not self._half_closed

    def _after_part(self, *, last: bool) -> None:
        if last or self._response.bodiless:
            if not last and self._exchange:
                self._exchange.abandon()
            if self._active:
                self._active.keep = self._active.keep and self._response.is_whole
            self._ended()
        else:
            self._response.waits_for_room = True
            self._make_next_part()

    def _make_next_part(self) -> None:
        if self._exchange and self._response.waits_for_room and not self._is_full:
            self._response.waits_for_room = False
            self._exchange.next_part()

    def _drop_response(self, *, last: bool) -> None:
        if self._exchange and not last:
            self._exchange.abandon()
        self._ended()

    def _ended(self) -> None:
        """The answer to the active request is written."""
        received, self._active, self._exchange = self._active, None, None
        if received is None:
            return
        keep, unread = received.keep and self._may_keep(), not received.is_complete
        received.release()
        self._response = Response()
        if self._lost:
            return
        if not keep:
            self._close(linger=unread or self._receiver.has_ended or self._receiver.current is not None)
            return
        wait = self._limits.request_seconds if self._receiver.current else self._limits.idle_seconds
        self._deadline = self._server.now + wait
        if not self._has_work:
            self._server.is_idle(self)
        self._take_turns()

    # ---- the wire

    def _write(self, data: bytes) -> None:
        self._taking.hand_over(len(data))
        self._transport.write(data)

    def _close(self, *, linger: bool = False) -> None:
        self._receiver.end()
        if linger and not self._half_closed and self._transport.can_write_eof():
            self._lingering, self._deadline = True, self._server.now + LINGER_SECONDS
            self._transport.write_eof()
            self.update_reading()
        else:
            self._transport.close()

    def update_reading(self) -> None:
        """No more is read than can be worked on; the client's socket holds the rest."""
        streams = [each.stream for each in (self._active, *self._queue) if each and each.stream]
        waits = bool(self._queue) or any(stream.held > HELD for stream in streams)
        pause = self._thrown_away > self._limits.body_bytes if self._lingering else waits
        if pause != self._paused and not self._lost and not self._transport.is_closing():
            self._paused = pause
            (self._transport.pause_reading if pause else self._transport.resume_reading)()

    # ---- time

    def check(self, now: float) -> None:
        """Called every second, or oftener with short limits: closes what is too slow."""
        if unsent := self._transport.get_write_buffer_size():
            if self._taking.is_too_slow(now, unsent):
                self._transport.abort()
            return
        self._taking.rest()
        if self._active:
            self._active.check(now)
        elif now >= self._deadline:
            if self._receiver.current:
                self._refuse(message.error(408, _LATE.format(self._limits.request_seconds)))
            else:
                self._transport.close()

    def end_when_idle(self) -> None:
        """The server stops: what is in hand is answered, an idle connection ends."""
        if not self._has_work and not self._lingering:
            self._transport.close()

    def make_room(self) -> None:
        """Others need the memory of this body, which has been on its way for the longest time."""
        if self._receiver.current:
            self._refuse(incoming.FULL)

    def close(self) -> None:
        """Others need its place."""
        self._transport.close()

    def abort(self) -> None:
        self._transport.abort()

    def send_continue(self) -> None:
        """The body is wanted."""
        if not self._lost and not self._transport.is_closing():
            self._transport.write(incoming.CONTINUE)

    @property
    def is_free(self) -> bool:
        """No answer to an earlier request is still to come."""
        return not self._active and not self._queue

    @property
    def _has_work(self) -> bool:
        return bool(self._active or self._queue or self._receiver.current)


def _report_progress_early(sock: socket.socket) -> None:
    """The kernel would take megabytes, and then no more until a third of them is gone: a slow reader would
    look like one that stands still."""
    if hasattr(socket, "TCP_NOTSENT_LOWAT"):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, _UNSENT)
