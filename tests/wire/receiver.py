"""A destination on loopback: records every call, answers as told, may be slow, refuse or cut the line."""

import contextlib
import heapq
import json
import select
import socket
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Call:
    """One request as it arrived. `at` is time.perf_counter_ns(); `connection` numbers the TCP connection."""

    at: int
    connection: int
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def key(self) -> str:
        return self.headers.get("webhook-id", "")

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the receiver does with a call. `cut`: close the connection instead of answering."""

    status: int = 200
    after: float = 0.0
    cut: bool = False
    body: bytes = b"ok"
    headers: Mapping[str, str] = field(default_factory=dict)

    def bytes(self) -> bytes:
        extra = "".join(f"{name}: {value}\r\n" for name, value in self.headers.items())
        head = f"HTTP/1.1 {self.status} X\r\nContent-Length: {len(self.body)}\r\n{extra}\r\n"
        return head.encode() + self.body


_PLAIN = Answer()


@dataclass(slots=True)
class _Peer:
    number: int
    socket: socket.socket
    buffer: bytes = b""


class Receiver:
    """Serves in a thread until closed. `answer` decides on each call, `answered` hears of each answer."""

    def __init__(
        self,
        answer: Callable[[Call], Answer] = lambda call: _PLAIN,
        answered: Callable[[Call], None] = lambda call: None,
    ) -> None:
        self.answer = answer
        self.answered = answered
        self.calls: list[Call] = []
        self.connections: set[int] = set()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self._listener.setblocking(False)
        self.port: int = self._listener.getsockname()[1]
        self._peers: dict[int, _Peer] = {}
        self._waiting: list[tuple[float, int, _Peer, Call, Answer]] = []
        self._count = 0
        self._stop, self._stopped = socket.socketpair()
        self._epoll = select.epoll()
        self._thread = threading.Thread(target=self._serve, name="receiver", daemon=True)
        self._thread.start()

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def url(self, path: str = "/hook") -> str:
        return f"http://{self.host}{path}"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._stop.close()
        self._thread.join(10)

    def _serve(self) -> None:
        self._epoll.register(self._listener, select.EPOLLIN)
        self._epoll.register(self._stopped, select.EPOLLIN)
        while True:
            for number, _ in self._epoll.poll(self._patience()):
                if number == self._stopped.fileno():
                    return self._end()
                if number == self._listener.fileno():
                    self._welcome()
                elif peer := self._peers.get(number):
                    self._read(peer)
            self._answer_waiting()

    def _patience(self) -> float:
        return max(0.0, self._waiting[0][0] - time.monotonic()) if self._waiting else -1

    def _end(self) -> None:
        for peer in list(self._peers.values()):
            self._drop(peer)
        for closing in (self._listener, self._stopped, self._epoll):
            closing.close()

    def _welcome(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while True:
                accepted, _ = self._listener.accept()
                accepted.setblocking(False)
                accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._count += 1
                self._peers[accepted.fileno()] = _Peer(self._count, accepted)
                self.connections.add(self._count)
                self._epoll.register(accepted, select.EPOLLIN)

    def _drop(self, peer: _Peer) -> None:
        if self._peers.pop(peer.socket.fileno(), None):
            self._epoll.unregister(peer.socket)
            peer.socket.close()
        self.connections.discard(peer.number)

    def _read(self, peer: _Peer) -> None:
        try:
            more = peer.socket.recv(262144)
        except BlockingIOError:
            return
        except ConnectionError:
            more = b""
        if not more:
            self._drop(peer)
            return
        peer.buffer += more
        while call := self._whole(peer):
            self.calls.append(call)
            answer = self.answer(call)
            if answer.after:
                due = time.monotonic() + answer.after
                heapq.heappush(self._waiting, (due, len(self.calls), peer, call, answer))
            else:
                self._send(peer, call, answer)

    def _whole(self, peer: _Peer) -> Call | None:
        """The next whole request in the peer's buffer. Bodies come with a Content-Length here."""
        head, found, rest = peer.buffer.partition(b"\r\n\r\n")
        if not found:
            return None
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        length = int(headers.get("content-length", "0"))
        if len(rest) < length:
            return None
        peer.buffer = rest[length:]
        return Call(time.perf_counter_ns(), peer.number, first.split(" ")[1], headers, rest[:length])

    def _answer_waiting(self) -> None:
        while self._waiting and self._waiting[0][0] <= time.monotonic():
            _, _, peer, call, answer = heapq.heappop(self._waiting)
            if peer.number in self.connections:
                self._send(peer, call, answer)

    def _send(self, peer: _Peer, call: Call, answer: Answer) -> None:
        if answer.cut:
            self._drop(peer)
            return
        try:
            peer.socket.sendall(answer.bytes())
        except OSError:
            self._drop(peer)
            return
        self.answered(call)
