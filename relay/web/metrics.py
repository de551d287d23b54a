"""`/metrics` in Prometheus' text format, from the tables: true in every process and after every restart."""

import time
from collections.abc import Iterable, Iterator, Mapping

from flask import Blueprint, Response

import relay
from relay.errors import StoreBusyError
from relay.web import bearer
from relay.web.context import AppContext

_CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_NO_TOKEN = "Send an API token: Authorization: Bearer cr_... . Create one on the page Settings.\n"  # noqa: S105
_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n"})

Sample = tuple[Mapping[str, str], float]


def blueprint(ctx: AppContext) -> Blueprint:
    routes = Blueprint("metrics", __name__)

    @routes.get("/metrics")
    def metrics() -> Response:
        """Nothing is counted for callers without a token."""
        now = time.time_ns() // 1_000_000
        try:
            if bearer.known(ctx.store, now=now) is None:
                return Response(
                    _NO_TOKEN, 401, {"WWW-Authenticate": bearer.CHALLENGE}, content_type=_CONTENT_TYPE
                )
            text = "".join(_text(ctx, now))
        except StoreBusyError as error:
            return Response(f"{error}\n", 503, {"Retry-After": "5"}, content_type=_CONTENT_TYPE)
        return Response(text, headers={"Cache-Control": "no-store"}, content_type=_CONTENT_TYPE)

    return routes


def _text(ctx: AppContext, now: int) -> Iterator[str]:
    connections = [each.name for each in ctx.connections()]
    work, pauses, copies = ctx.store.open_work(connections), ctx.store.pauses(), ctx.store.archive_summary()
    yield _gauge("info", "The version that runs.", [({"version": relay.__version__}, 1)])
    yield _gauge(
        "deliveries",
        "Deliveries that are not delivered, by connection and status; exact up to 100,000.",
        (
            ({"connection": name, "status": status}, number)
            for (name, status), number in work.deliveries.items()
        ),
    )
    yield _gauge(
        "oldest_due_delivery_seconds",
        "How long the delivery that has waited longest has been due.",
        (
            ({"connection": name}, 0 if due_at is None else max(0, now - due_at) / 1000)
            for name, due_at in work.oldest_due_at.items()
        ),
    )
    yield _gauge(
        "connection_paused",
        "1 while a connection is paused or held.",
        (({"connection": name}, int(name in pauses)) for name in connections),
    )
    yield _gauge(
        "jobs",
        "Jobs that are not completed, by status; exact up to 100,000.",
        (({"status": status}, number) for status, number in work.jobs.items()),
    )
    if ctx.account:
        paused = ctx.store.queue_state(ctx.account, now=now).paused_since is not None
        yield _gauge("queue_paused", "1 while the queue is paused.", [({}, int(paused))])
    if work.last_event_at is not None:
        yield _gauge(
            "last_webhook_timestamp_seconds",
            "When the last webhook of CreativeAI was accepted, as Unix time.",
            [({}, work.last_event_at / 1000)],
        )
    yield _gauge(
        "archive_copies",
        "Copies of finished files, by status.",
        (({"status": status}, getattr(copies, status)) for status in ("waiting", "archived", "failed")),
    )
    yield _gauge("archive_bytes", "Bytes of the archived copies.", [({}, copies.size)])
    if work.free_bytes is not None:
        yield _gauge("disk_free_bytes", "Free bytes on the disk of the database.", [({}, work.free_bytes)])


def _gauge(name: str, sentence: str, samples: Iterable[Sample]) -> str:
    full = f"relay_{name}"
    lines = [f"# HELP {full} {sentence}", f"# TYPE {full} gauge"]
    lines += [f"{full}{_labels(labels)} {value}" for labels, value in samples]
    return "\n".join(lines) + "\n"


def _labels(labels: Mapping[str, str]) -> str:
    pairs = ",".join(f'{name}="{value.translate(_ESCAPES)}"' for name, value in labels.items())
    return f"{{{pairs}}}" if pairs else ""
