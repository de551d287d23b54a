"""What the front does with a request, without a socket: webhooks to their receiver, the rest to the app."""

import threading
from collections.abc import Iterable
from concurrent.futures import Executor, Future
from typing import Any

from relay.bootstrap.app import Shared, make_receiver
from relay.bootstrap.configuration import Configuration
from relay.front.limits import Limits
from relay.front.message import Answer, Request, status_line
from relay.front.wsgi import App, Environ, Start
from relay.intake.accept_queue import AcceptQueue
from relay.store.contract.core import Store


class Here(Executor):
    """Does at once what it is given."""

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> "Future[Any]":
        fn(*args, **kwargs)
        return Future()


class WebhooksOrApp:
    def __init__(self, app: App, configuration: Configuration, store: Store, shared: Shared) -> None:
        self._app = app
        self._queue = AcceptQueue(store)
        self._receiver = make_receiver(
            configuration, store, shared, self._queue, pool=Here(), on_loop=lambda work: work()
        )

    def close(self) -> None:
        self._queue.stop()

    def __call__(self, environ: Environ, start: Start) -> Iterable[bytes]:
        if not self._receiver.wants(environ["PATH_INFO"]):
            return self._app(environ, start)
        answer = self._answer(request_of(environ))
        start(status_line(answer.status), [*answer.headers, ("Content-Length", str(len(answer.body)))])
        return [answer.body]

    def _answer(self, request: Request) -> Answer:
        if len(request.body) > Limits().body_bytes:
            return self._receiver.too_large
        answers: list[Answer] = []
        answered = threading.Event()

        def reply(answer: Answer) -> None:
            answers.append(answer)
            answered.set()

        self._receiver(request, reply)
        assert answered.wait(30)
        return answers[0]


def request_of(environ: Environ) -> Request:
    headers = [
        (name[len("HTTP_") :].replace("_", "-").lower().encode(), value.encode("latin-1"))
        for name, value in environ.items()
        if name.startswith("HTTP_")
    ]
    if environ.get("CONTENT_TYPE"):
        headers.append((b"content-type", environ["CONTENT_TYPE"].encode("latin-1")))
    return Request(
        method=environ["REQUEST_METHOD"],
        path=environ["PATH_INFO"],
        query=environ["QUERY_STRING"],
        headers=headers,
        client=(environ.get("REMOTE_ADDR", ""), 0),
        body=environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)),
    )
