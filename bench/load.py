"""The load client, a process of its own: keep-alive connections on epoll, requests made beforehand.

Each connection has one request on the way. An answer counts only when it is whole, has the wanted status
and holds the wanted text; everything else counts as bad. Prints its tally as JSON.
"""

import argparse
import json
import resource
import select
import socket
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field

from bench.measure import percentile
from tests.wire import generation, new_generation_id, signed


@dataclass(slots=True)
class Tally:
    good: int = 0
    bad: int = 0
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    p50_ms: float = 0.0
    p99_ms: float = 0.0
    ran_out: bool = False
    first_bad: str = ""


@dataclass(slots=True)
class _Line:
    socket: socket.socket
    since: float = 0.0
    buffer: bytes = b""
    took: list[float] = field(default_factory=list)


def whole(buffer: bytes) -> int:
    """The length of the first answer in the buffer; 0 while some of it is missing."""
    end = buffer.find(b"\r\n\r\n")
    if end < 0:
        return 0
    head = buffer[:end].lower()
    at = head.find(b"\r\ncontent-length:")
    length = 0 if at < 0 else int(head[at + 17 :].partition(b"\r\n")[0])
    return end + 4 + length if len(buffer) >= end + 4 + length else 0


class Client:
    """Runs once: posts the requests over `connections` lines until they or the seconds run out."""

    def __init__(self, port: int, connections: int, status: int, text: bytes) -> None:
        self._status, self._text = b"HTTP/1.1 %d " % status, text
        self._epoll = select.epoll()
        self._lines: dict[int, _Line] = {}
        self._all: list[_Line] = []
        for _ in range(connections):
            opened = socket.create_connection(("127.0.0.1", port), 10)
            opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            line = _Line(opened)
            self._all.append(line)
            self._lines[opened.fileno()] = line
            self._epoll.register(opened, select.EPOLLIN)
        self.tally = Tally()

    def run(self, requests: Iterator[bytes], seconds: float) -> Tally:
        started = time.perf_counter()
        self._end = started + seconds
        for line in list(self._all):
            self._next(line, requests)
        while self._lines:
            ready = self._epoll.poll(10)
            if not ready:
                self._bad(f"{len(self._lines)} connections without an answer for 10 s")
                break
            for number, _ in ready:
                self._read(self._lines[number], requests)
        self.tally.seconds = time.perf_counter() - started
        self._close()
        return self.tally

    def _next(self, line: _Line, requests: Iterator[bytes]) -> None:
        line.since = now = time.perf_counter()
        raw = next(requests, None) if now < self._end else None
        if raw is None:
            self.tally.ran_out |= now < self._end
            self._leave(line)
            return
        line.socket.sendall(raw)

    def _read(self, line: _Line, requests: Iterator[bytes]) -> None:
        try:
            more = line.socket.recv(65536)
        except ConnectionError:
            more = b""
        line.buffer += more
        if not more:
            self._bad(f"closed after {line.buffer[:200]!r}")
            self._leave(line)
        elif length := whole(line.buffer):
            answer, line.buffer = line.buffer[:length], line.buffer[length:]
            line.took.append(time.perf_counter() - line.since)
            if answer.startswith(self._status) and self._text in answer and not line.buffer:
                self.tally.good += 1
            else:
                self._bad(f"{answer[:300]!r}")
            self._next(line, requests)

    def _bad(self, what: str) -> None:
        self.tally.bad += 1
        self.tally.first_bad = self.tally.first_bad or what

    def _leave(self, line: _Line) -> None:
        self._epoll.unregister(line.socket)
        del self._lines[line.socket.fileno()]

    def _close(self) -> None:
        took = [seconds * 1000 for line in self._all for seconds in line.took]
        if took:
            self.tally.p50_ms, self.tally.p99_ms = percentile(took, 0.5), percentile(took, 0.99)
        for line in self._all:
            line.socket.close()
        self._epoll.close()


def webhooks(count: int) -> list[bytes]:
    """Signed requests, each of another generation, with a body of about 1 kB."""
    padding = "A walnut table in soft light, the camera moves slowly. " * 12
    return [signed(generation(new_generation_id(), prompt=padding)) for _ in range(count)]


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.load", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--count", type=int, required=True, help="requests made beforehand")
    parser.add_argument("--status", type=int, required=True, help="the only status that counts")
    parser.add_argument("--text", default="", help="what a counted answer holds")
    parser.add_argument("--round", action="store_true", help="start over when the requests run out")
    given = parser.parse_args(arguments)
    requests = webhooks(given.count)
    client = Client(given.port, given.connections, given.status, given.text.encode())
    before = _own_cpu()
    tally = client.run(_forever(requests) if given.round else iter(requests), given.seconds)
    tally.cpu_seconds = _own_cpu() - before
    print(json.dumps(asdict(tally)))


def _forever(requests: list[bytes]) -> Iterator[bytes]:
    while True:
        yield from requests


def _own_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main(sys.argv[1:])
