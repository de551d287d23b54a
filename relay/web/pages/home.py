"""The first page: what needs somebody, what runs now, and what came out last."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlencode

from flask import Blueprint, render_template

from relay.generation.kinds import kind as kind_of
from relay.models.core import ConnectionState, Pause
from relay.models.delivery import DeliveryStatus
from relay.models.job import JobStatus
from relay.models.views import ConnectionSummary, DeliverySummary
from relay.web.auth import Guard
from relay.web.context import AppContext
from relay.web.pages.base import now, pages
from relay.web.pages.create import FIRST
from relay.web.pages.failure_groups import LOOKED_AT, FailureGroup, failure_groups
from relay.web.pages.jobs import row_of

_SHOWN = 8
_REASONS = 3  # on a card; the connection's page has all of them


@dataclass(frozen=True, slots=True)
class Issue:
    """What is wrong, why, and where it is mended.

    since    in ms; None: not known, or it does not matter
    again    where what failed is sent again, after a count
    """

    title: str
    sentence: str
    link: str
    link_text: str
    reasons: Sequence[FailureGroup] = ()
    since: int | None = None
    again: str = ""


class Rejections(Protocol):
    @property
    def count(self) -> int: ...


def blueprint(
    ctx: AppContext,
    guard: Guard,
    rejections: Rejections,
    warnings: Sequence[str],
) -> Blueprint:
    """`warnings` are what the host or the settings make worse than it has to be, in sentences."""
    routes = pages("home", guard)

    @routes.get("/")
    def page() -> str:
        running = [
            job
            for status in (JobStatus.SUBMITTED, JobStatus.PROCESSING, JobStatus.QUEUED)
            for job in ctx.store.jobs(limit=_SHOWN, status=status)
        ][:_SHOWN]
        latest = ctx.store.jobs(limit=_SHOWN, status=JobStatus.COMPLETED)
        return render_template(
            "home.html",
            first=[kind_of(name) for name in FIRST],
            issues=list(_issues(ctx, rejections)),
            warnings=warnings,
            running=[row_of(ctx, job) for job in running],
            latest=[row_of(ctx, job) for job in latest],
            state=ctx.store.queue_state(ctx.account, now=now()) if ctx.account else None,
            limits=ctx.limits,
            connections=ctx.connections(),
            has_key=bool(ctx.account),
        )

    return routes


def _issues(ctx: AppContext, rejections: Rejections) -> list[Issue]:
    state = ctx.store.queue_state(ctx.account, now=now()) if ctx.account else None
    found = []
    if state and state.paused_why:
        found.append(Issue("Nothing is sent to CreativeAI", state.paused_why, "/settings", "Go on"))
    if state and state.held:
        found.append(
            Issue(
                f"{_many(state.held, 'job')} on hold",
                "Each says why, and what to decide.",
                "/jobs?status=held",
                "Look at them",
            )
        )
    found += _of_connections(ctx.connections(), ctx.store.pauses())
    found += _of_deliveries(ctx)
    if rejections.count:
        words = "Somebody sent webhooks that carry no signature of CreativeAI's. None was taken."
        title = f"{_many(rejections.count, 'webhook')} refused since the start"
        found.append(Issue(title, words, "/deliveries/incoming", "Look at them"))
    return found


def _of_connections(connections: Sequence[ConnectionSummary], pauses: Mapping[str, Pause]) -> list[Issue]:
    found = []
    for each in connections:
        link = f"/connections/{each.name}"
        if each.state is not ConnectionState.READY:
            found.append(Issue(f"{each.name} cannot be used", each.fault, link, "Mend it"))
        elif pause := pauses.get(each.name):
            found.append(Issue(f"{each.name} is paused", pause.why, link, "Mend it"))
    return found


def _of_deliveries(ctx: AppContext) -> list[Issue]:
    """A card for each connection, by its reasons, so that one repair and one click mend all of it."""
    found = []
    for name in sorted(each.name for each in ctx.connections()):
        failed = ctx.store.deliveries(limit=LOOKED_AT, status=DeliveryStatus.FAILED, connection=name)
        if failed:
            found.append(_of_failed(name, failed))
    return found


def _of_failed(name: str, failed: Sequence[DeliverySummary]) -> Issue:
    why = failure_groups(failed)
    more = "or more " if len(failed) == LOOKED_AT else ""
    chosen = urlencode({"status": "failed", "connection": name})
    return Issue(
        f"{name}: {_many(len(failed), 'delivery', 'deliveries')} {more}failed",
        why[0].said if len(why) == 1 else "",
        f"/connections/{name}",
        "Mend it",
        reasons=why[:_REASONS] if len(why) > 1 else (),
        since=failed[-1].settled_at,
        again=f"/deliveries/replay?{chosen}",
    )


def _many(count: int, one: str, several: str = "") -> str:
    return f"{count} {one if count == 1 else several or one + 's'}"
