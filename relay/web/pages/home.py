"""The first page: what needs attention, which jobs run, and the latest results."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from flask import Blueprint, render_template

from relay.generation.kinds import Kind, kinds
from relay.generation.status import queue_status
from relay.models.connection import ConnectionState
from relay.models.delivery import DeliveryStatus
from relay.models.job import JobStatus
from relay.models.queue import QueueState
from relay.models.status import DAY_MS, Status
from relay.models.views import DeliverySummary
from relay.web.auth import Guard
from relay.web.context import AppContext
from relay.web.pages.base import now, pages
from relay.web.pages.failure_groups import LOOKED_AT, FailureGroup, failure_groups
from relay.web.pages.jobs import rows_of
from relay.web.pages.status_labels import CONNECTION

_SHOWN = 8
_REASONS = 3  # on a card; the connection's page has all of them


@dataclass(frozen=True, slots=True)
class Issue:
    """What is wrong, why, and where to fix it.

    since    in ms; None: not known, or it does not matter
    next_at  when something happens next without a person, in ms; None: nothing does
    again    the page that resends what failed
    """

    title: str
    sentence: str
    link: str
    link_text: str
    reasons: Sequence[FailureGroup] = ()
    since: int | None = None
    next_at: int | None = None
    again: str = ""


def blueprint(
    ctx: AppContext,
    guard: Guard,
    warnings: Sequence[str],
) -> Blueprint:
    """`warnings`: sentences about a host or settings that put something at risk."""
    routes = pages("home", guard)

    @routes.get("/")
    def page() -> str:
        running = [
            job
            for status in (JobStatus.SUBMITTED, JobStatus.PROCESSING, JobStatus.QUEUED)
            for job in ctx.store.jobs(limit=_SHOWN, status=status)
        ][:_SHOWN]
        latest = ctx.store.jobs(limit=_SHOWN, status=JobStatus.COMPLETED)
        state = ctx.store.queue_state(ctx.account, now=now()) if ctx.account else None
        queue = queue_status(state, ctx.limits, now()) if state else None
        return render_template(
            "home.html",
            first=sorted(filter(_place, kinds()), key=_place),
            issues=list(_issues(ctx, state, queue)),
            warnings=warnings,
            running=rows_of(ctx, running),
            latest=rows_of(ctx, latest),
            state=state,
            queue=queue,
            limits=ctx.limits,
            connections=ctx.connections(),
            has_key=bool(ctx.account),
        )

    return routes


def _place(kind: Kind) -> int:
    """Its place among those that the page offers; 0: it is not offered there."""
    return kind.featured


def _issues(ctx: AppContext, state: QueueState | None, queue: Status | None) -> list[Issue]:
    found = []
    if queue and queue.state == "paused":
        link = ("/settings#queue", "Review queue")
        found.append(Issue("Queue paused", queue.reason, *link, next_at=queue.next_at))
    if state and state.held:
        found.append(
            Issue(
                f"{_many(state.held, 'job')} on hold",
                "Each job's page gives the reason and what you can do.",
                "/jobs?status=held",
                "View jobs",
            )
        )
    found += _of_connections(ctx.connection_statuses(now()))
    found += _of_deliveries(ctx)
    if refused := ctx.store.count_refused(since=now() - DAY_MS):
        sentence = "The signature was missing or invalid, so nothing was stored."
        title = f"{_many(refused, 'webhook')} refused in the last 24 hours"
        found.append(Issue(title, sentence, "/deliveries/incoming", "View webhooks"))
    return found


def _of_connections(statuses: Mapping[str, Status]) -> list[Issue]:
    """A pause need not be a fault; its reason says whether there is something to fix."""
    found = []
    for name, status in statuses.items():
        if status.state != ConnectionState.READY:
            act = "View connection" if status.state == ConnectionState.PAUSED else "Fix connection"
            title = f"{name}: {CONNECTION[status.state].text.lower()}"
            found.append(Issue(title, status.reason, f"/connections/{name}", act, next_at=status.next_at))
    return found


def _of_deliveries(ctx: AppContext) -> list[Issue]:
    """One card for each connection with failed deliveries: one fix and one resend settle all of them."""
    found = []
    for name in sorted(each.name for each in ctx.connections()):
        failed = ctx.store.deliveries(limit=LOOKED_AT, status=DeliveryStatus.FAILED, connection=name)
        if failed:
            found.append(_of_failed(name, failed))
    return found


def _of_failed(name: str, failed: Sequence[DeliverySummary]) -> Issue:
    groups = failure_groups(failed)
    more = "or more " if len(failed) == LOOKED_AT else ""
    chosen = urlencode({"status": "failed", "connection": name})
    return Issue(
        f"{name}: {_many(len(failed), 'delivery', 'deliveries')} {more}failed",
        groups[0].reason if len(groups) == 1 else "",
        f"/connections/{name}",
        "Fix connection",
        reasons=groups[:_REASONS] if len(groups) > 1 else (),
        since=failed[-1].settled_at,
        again=f"/deliveries/replay?{chosen}",
    )


def _many(count: int, one: str, several: str = "") -> str:
    return f"{count} {one if count == 1 else several or one + 's'}"
