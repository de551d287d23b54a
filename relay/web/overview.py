"""The one page so far: what came in and where it went. Read-only."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from flask import Blueprint, Response, render_template

from relay.errors import StoreBusyError
from relay.store.contract import ReadingStore
from relay.summaries import ConnectionSummary
from relay.web.access import Guard
from relay.web.webhooks import Rejections

_SHOWN = 50


def blueprint(
    store: ReadingStore,
    connections: Callable[[], Sequence[ConnectionSummary]],
    rejections: Rejections,
    guard: Guard,
    *,
    disk_is_wiped: bool,
    archive_fault: str = "",
) -> Blueprint:
    """`archive_fault` says why finished files are not kept, or not linked to; "" where all is well."""
    routes = Blueprint("overview", __name__)
    routes.before_request(guard)
    routes.after_request(_protect)
    routes.add_app_template_filter(_utc, "utc")

    @routes.get("/")
    def page() -> str:
        return render_template(
            "overview.html",
            events=store.events(limit=_SHOWN),
            deliveries=store.deliveries(limit=_SHOWN),
            connections=connections(),
            pauses=store.pauses(),
            rejections=rejections,
            disk_is_wiped=disk_is_wiped,
            archive=store.archive_summary(),
            archive_fault=archive_fault,
        )

    @routes.errorhandler(StoreBusyError)
    def not_now(error: StoreBusyError) -> Response:
        return Response(f"{error} Try again in a moment.\n", 503, content_type="text/plain; charset=utf-8")

    return routes


def _protect(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-store"
    return response


def _utc(milliseconds: int | None) -> str:
    if milliseconds is None:
        return ""
    return datetime.fromtimestamp(milliseconds / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
