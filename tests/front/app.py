"""A small app, and something that is answered on the loop, for the server to serve."""

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

from relay.front.message import Answer, Request, error
from relay.front.wsgi import Environ, Start
from tests.wire.front import OnLoop

PIECE = b"x" * 65_536
PIECES = 320  # 21 MB: more than sockets of loopback hold
OK = [("Content-Type", "text/plain")]


class Direct:
    """POST /direct tells the size of the body; whatever else lies there is a bug that raises."""

    too_large = error(413, "Too large.")

    def wants(self, path: str) -> bool:
        return path.startswith("/direct")

    def __call__(self, request: Request, reply: Callable[[Answer], None]) -> None:
        if request.path == "/direct/bug":
            raise ZeroDivisionError
        reply(Answer.of(202, {"size": len(request.body), "from": request.client[0]}))


def make_direct(_pool: ThreadPoolExecutor, _on_loop: OnLoop) -> Direct:
    return Direct()


class App:
    def __init__(self) -> None:
        self.let = threading.Event()  # ends /wait
        self.waiting = threading.Semaphore(0)  # one for each that has begun to
        self.ended: list[str] = []  # how bodies ended, and which responses were closed

    def __call__(self, environ: Environ, start: Start) -> Iterable[bytes]:
        return getattr(self, environ["PATH_INFO"].strip("/"))(environ, start)  # type: ignore[no-any-return]

    def small(self, environ: Environ, start: Start) -> list[bytes]:
        start("200 OK", OK)
        return [environ["REQUEST_METHOD"].encode(), b" ", environ["QUERY_STRING"].encode()]

    def headers(self, environ: Environ, start: Start) -> list[bytes]:
        start("200 OK", OK)
        found = (f"{name}={value}" for name, value in environ.items() if name.startswith("HTTP_X_"))
        return [" ".join(found).encode()]

    def body(self, environ: Environ, start: Start) -> list[bytes]:
        """Reads all of it, as a route does that takes no uploads."""
        try:
            size = sum(map(len, iter(lambda: environ["wsgi.input"].read(65_536), b"")))
        except OSError as cut:
            self.ended.append(str(cut))
            raise
        start("200 OK", OK)
        return [b"%d" % size]

    def upload(self, environ: Environ, start: Start) -> list[bytes]:
        environ["relay.allow_slow_body"]()
        return self.body(environ, start)

    def refuse(self, _environ: Environ, start: Start) -> list[bytes]:
        start("413 Request Entity Too Large", OK)
        return [b"no"]

    def large(self, _environ: Environ, start: Start) -> Iterator[bytes]:
        start("200 OK", [*OK, ("Content-Length", str(len(PIECE) * PIECES))])
        return self._pieces()

    def stream(self, _environ: Environ, start: Start) -> Iterator[bytes]:
        start("200 OK", OK)
        return self._pieces()

    def _pieces(self) -> Iterator[bytes]:
        try:
            for _ in range(PIECES):
                yield PIECE
        finally:
            self.ended.append("response closed")

    def wait(self, _environ: Environ, start: Start) -> list[bytes]:
        self.waiting.release()
        assert self.let.wait(30)
        start("200 OK", OK)
        return [b"waited"]

    def bug(self, _environ: Environ, _start: Start) -> list[bytes]:
        raise ZeroDivisionError

    def late_bug(self, _environ: Environ, start: Start) -> Iterator[bytes]:
        start("200 OK", OK)
        for _ in range(8):
            yield PIECE
        raise ZeroDivisionError

    def short(self, _environ: Environ, start: Start) -> list[bytes]:
        start("200 OK", [*OK, ("Content-Length", "10")])
        return [b"four"]
