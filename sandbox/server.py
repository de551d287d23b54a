"""A threaded HTTP/1.1 server for the sandbox's Flask app that keeps connections open.

Werkzeug's own responds to every request with `Connection: close`, so a client has to connect for each anew.
Here the body is read in full before the app runs: the next request on the connection begins where it should.
"""

import contextlib
import io
import logging
import selectors
import socket
import threading
from typing import Any

from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler
from werkzeug.wrappers import Response

MOST_BYTES = 64 * 1024 * 1024
log = logging.getLogger(__name__)


class Handler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def run_wsgi(self) -> None:
        environ = self.make_environ()
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not length.isdecimal() or int(length) > MOST_BYTES:
            self.send_error(413 if length.isdecimal() and int(length) > MOST_BYTES else 411)
            return
        environ["wsgi.input"] = io.BytesIO(self.rfile.read(int(length)))
        response = Response.from_app(self.server.app, environ, buffered=True)
        body = b"" if self.command == "HEAD" else response.get_data()
        self.send_response(response.status_code)
        for name, value in response.headers.items():
            self.send_header(name, value)
        if "Content-Length" not in response.headers:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002, ARG002 - named by the base
        log.debug(message, *args)


class Server(ThreadedWSGIServer):
    """Stops at once, and knows its open connections: once stopped it responds on none of them."""

    timeout = 0  # `handle_request` takes what is there and waits for nothing

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._stop, self._stopped = socket.socketpair()
        super().__init__(*args, **kwargs)

    def serve_until_stopped(self) -> None:
        """Replaces the base class's loop, which polls for a stop and so costs processor time or a delay."""
        with self._stopped, selectors.DefaultSelector() as selector:
            selector.register(self, selectors.EVENT_READ)
            selector.register(self._stopped, selectors.EVENT_READ)
            while all(key.fileobj is self for key, _ in selector.select()):
                self.handle_request()
        self.server_close()

    def stop(self) -> None:
        self._stop.close()

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = super().get_request()
        with self._lock:
            self._open.add(connection)
        return connection, address

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def close_connections(self) -> None:
        with self._lock:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
