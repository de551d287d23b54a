"""What the relay is measured against: a bare Flask route, a bare responder, bare loops of calls.

Started as `python -m bench.baselines NAME`; the servers listen on $PORT and answer GET /healthz.
"""

import argparse
import itertools
import json
import os
import select
import socket
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

_EVENT = b'{"event": "evt_0123456789abcdefghjkmnpqrs"}'
_TAKEN = b"HTTP/1.1 202 X\r\nContent-Length: %d\r\n\r\n%s" % (len(_EVENT), _EVENT)
_HEALTHY = b"HTTP/1.1 200 X\r\nContent-Length: 0\r\n\r\n"


_GUNICORN = {
    "workers": 1,
    "worker_class": "gthread",
    "threads": 16,
    "keepalive": 75,
    "control_socket_disable": True,
    "loglevel": "warning",
}


def flask_route() -> None:
    """A route that reads the body and answers 204, on gunicorn's threads, as Flask is often deployed."""
    from flask import Flask, request
    from gunicorn.app.base import BaseApplication

    from relay.bootstrap.web import _stay_on_one_core

    app = Flask("bare")

    @app.post("/webhooks/creativeai")
    def take() -> tuple[str, int]:
        request.get_data()
        return "", 204

    @app.get("/healthz")
    def healthy() -> str:
        return "ok"

    class Bare(BaseApplication):  # type: ignore[misc]
        def load_config(self) -> None:
            for name, value in _GUNICORN.items():
                self.cfg.set(name, value)
            self.cfg.set("bind", f"0.0.0.0:{os.environ['PORT']}")
            self.cfg.set("post_worker_init", lambda _worker: _stay_on_one_core())

        def load(self) -> Any:
            return app

    Bare().run()


def responder() -> None:
    """One thread, one epoll, one ready answer: how fast the load client is when nothing holds it up."""
    listener = socket.create_server(("127.0.0.1", int(os.environ["PORT"])), backlog=64)
    epoll, lines = select.epoll(), {}
    epoll.register(listener, select.EPOLLIN)
    while True:
        for number, _ in epoll.poll():
            if number == listener.fileno():
                line, _ = listener.accept()
                line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                lines[line.fileno()] = (line, bytearray())
                epoll.register(line, select.EPOLLIN)
                continue
            line, buffer = lines[number]
            more = line.recv(65536)
            buffer += more
            if not more:
                epoll.unregister(number)
                lines.pop(number)[0].close()
            elif _complete(buffer):
                line.sendall(_HEALTHY if buffer.startswith(b"GET") else _TAKEN)
                buffer.clear()


def _complete(buffer: bytearray) -> bool:
    end = buffer.find(b"\r\n\r\n")
    if end < 0:
        return False
    at = buffer.find(b"Content-Length: ", 0, end)
    return at < 0 or len(buffer) >= end + 4 + int(buffer[at + 16 : buffer.index(b"\r\n", at)])


def relay_client(url: str, headers: dict[str, str], body: bytes) -> Callable[[], Callable[[], int]]:
    """One client of the relay for all threads, as in its worker."""
    from relay.http.client import Http

    http = Http(allowed_hosts=[url.split("/")[2]])
    return lambda: lambda: http.send("POST", url, headers=headers, body=body).status


def plain_requests(url: str, headers: dict[str, str], body: bytes) -> Callable[[], Callable[[], int]]:
    """A requests.Session per thread, as its manual shows it."""
    import requests

    def in_thread() -> Callable[[], int]:
        session = requests.Session()
        return lambda: session.post(url, data=body, headers=headers, timeout=60).status_code

    return in_thread


def loop(client: str, url: str, sample: Path, count: int, threads: int) -> None:
    """`count` calls like the recorded one, by so many threads, without a database."""
    recorded = json.loads(sample.read_text())
    make = {"relay": relay_client, "requests": plain_requests}[client]
    in_thread = make(url, recorded["headers"], recorded["body"].encode())
    numbers = itertools.count()
    bad: list[int] = []

    def run() -> None:
        call = in_thread()
        while next(numbers) < count:
            if (status := call()) != 200:
                bad.append(status)

    running = [threading.Thread(target=run) for _ in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    sys.stdin.read()  # stays until its CPU has been read
    sys.exit(f"{len(bad)} calls failed" if bad else 0)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.baselines")
    parser.add_argument("name", choices=["flask", "responder", "loop"])
    parser.add_argument("--client", choices=["relay", "requests"])
    parser.add_argument("--url")
    parser.add_argument("--sample", type=Path)
    parser.add_argument("--count", type=int)
    parser.add_argument("--threads", type=int)
    given = parser.parse_args()
    match given.name:
        case "flask":
            flask_route()
        case "responder":
            responder()
        case _:
            loop(given.client, given.url, given.sample, given.count, given.threads)


if __name__ == "__main__":
    main()
