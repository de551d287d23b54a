"""Runs the WSGI app for one request, on threads that are never held by a client.

A thread makes a part of the response and goes back to its pool; the next part is made once the client has
taken the last one. So a slow reader costs a connection, and no thread.
"""

import io
import logging
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor
from typing import Any, Protocol

from relay.front.body import BodyStream
from relay.front.message import Headers, Request

log = logging.getLogger(__name__)

PART = 262_144  # bytes that a thread makes before it looks whether they are taken

Environ = dict[str, Any]
Start = Callable[..., Callable[[bytes], object]]
App = Callable[[Environ, Start], Iterable[bytes]]
_OF_BODY = {b"content-type": "CONTENT_TYPE", b"content-length": "CONTENT_LENGTH"}


class Client(Protocol):
    """Where a response goes; called on the loop."""

    def begin(self, status: str, headers: Headers, part: bytes, *, last: bool) -> None: ...

    def go_on(self, part: bytes, *, last: bool) -> None: ...

    def break_off(self, *, begun: bool) -> None:
        """The app failed. `begun`: a part of its response has been sent."""
        ...


class Exchange:
    """`run_on_loop` is safe to call from any thread."""

    def __init__(
        self, app: App, environ: Environ, client: Client, pool: Executor, run_on_loop: Callable[..., object]
    ) -> None:
        self._app, self._environ, self._client = app, environ, client
        self._pool, self._run_on_loop = pool, run_on_loop
        self._status = "500 No Status"
        self._headers: Headers = ()
        self._written: list[bytes] = []
        self._iterable: Iterable[bytes] = ()
        self._rest: Iterator[bytes] = iter(())
        self._over = False

    def start(self) -> None:
        self._pool.submit(self._begin)

    def next_part(self) -> None:
        """The client has taken the last one. Called on the loop, once for each part that was not the last."""
        self._pool.submit(self._go_on)

    def abandon(self) -> None:
        """The client is gone, between two parts."""
        self._pool.submit(self._close)

    def _begin(self) -> None:
        try:
            self._iterable = self._app(self._environ, self._start_response)
            self._rest = iter(self._iterable)
            part, last = self._gather()
        except BaseException as error:  # whatever it is: the client gets an answer
            self._fail(error, begun=False)
            return
        self._run_on_loop(lambda: self._client.begin(self._status, self._headers, part, last=last))

    def _go_on(self) -> None:
        try:
            part, last = self._gather()
        except BaseException as error:  # whatever it is: the client is told that its response is not whole
            self._fail(error, begun=True)
            return
        self._run_on_loop(lambda: self._client.go_on(part, last=last))

    def _start_response(
        self, status: str, headers: list[tuple[str, str]], exc_info: object = None
    ) -> Callable[[bytes], object]:
        del exc_info  # nothing has been sent yet: an error page takes the place of what was to be
        self._status, self._headers = status, headers
        return self._written.append

    def _gather(self) -> tuple[bytes, bool]:
        """The next bytes, and whether they are the last."""
        parts, size, last = self._written, sum(map(len, self._written)), False
        self._written = []
        while size < PART:
            part = next(self._rest, None)
            if part is None:
                last = True
                break
            parts.append(part)
            size += len(part)
        if last:
            self._close()
        return b"".join(parts), last

    def _fail(self, error: BaseException, *, begun: bool) -> None:
        log.error("request broke", exc_info=error, extra={"path": self._environ["PATH_INFO"]})
        self._close()
        self._run_on_loop(lambda: self._client.break_off(begun=begun))

    def _close(self) -> None:
        close = getattr(self._iterable, "close", None)
        if close is None or self._over:
            return
        self._over = True
        try:
            close()
        except Exception:
            log.exception("request did not close", extra={"path": self._environ["PATH_INFO"]})


def make_environ(request: Request, server: tuple[str, int], stream: BodyStream | None) -> Environ:
    """As PEP 3333 has it. Names with an underscore are left out: they could pass for those with a hyphen."""
    environ: Environ = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": request.path,
        "QUERY_STRING": request.query,
        "RAW_URI": request.target.decode("latin-1"),
        "SERVER_NAME": server[0],
        "SERVER_PORT": str(server[1]),
        "SERVER_PROTOCOL": f"HTTP/{request.version}",
        "REMOTE_ADDR": request.client[0],
        "REMOTE_PORT": str(request.client[1]),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(request.body) if stream is None else stream,
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in request.headers:
        if b"_" in name:
            continue
        key = _OF_BODY.get(name) or "HTTP_" + name.decode("latin-1").upper().replace("-", "_")
        text = value.decode("latin-1")
        environ[key] = f"{environ[key]},{text}" if key in environ else text
    if stream is None and "HTTP_TRANSFER_ENCODING" in environ:
        del environ["HTTP_TRANSFER_ENCODING"]  # the chunks are one body by now, of a known length
        environ["CONTENT_LENGTH"] = str(len(request.body))
    return environ
