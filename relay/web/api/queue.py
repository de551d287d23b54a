"""Connections, the queue to CreativeAI, and the tick that a scheduler may send."""

from dataclasses import asdict
from typing import Literal

from pydantic import BaseModel, Field

from relay.connections.contract import ConnectionView
from relay.connections.status import connection_status
from relay.generation.status import queue_status
from relay.models import connection
from relay.web.api.operation import Call, Operation, Request
from relay.web.api.types import Moment
from relay.web.context import AppContext


class Pause(BaseModel):
    since: Moment
    until: Moment | None = Field(description="When it ends automatically; null: when you resume it.")
    reason: str = Field(validation_alias="why")


class Connection(BaseModel):
    """A destination of results."""

    name: str
    kind: str
    state: connection.ConnectionState
    reason: str = Field(
        description="Why it cannot be used or is paused, until when and what to do; empty: ready."
    )
    next_at: Moment | None = Field(description="When its pause ends automatically; null: not before you act.")
    pause: Pause | None = Field(description="null: not paused.")
    waiting: int = Field(description="Deliveries that are pending or being sent.")
    from_environment: bool = Field(description="true: configured in the environment, read-only.")
    statuses: list[str] = Field(description="Statuses of the results it gets.")
    kinds: list[str] = Field(description="Kinds of the results it gets; empty: all.")


class ConnectionsResponse(BaseModel):
    items: list[Connection]


class Limits(BaseModel):
    """Limits that the relay keeps for its API key."""

    requests_per_minute: int
    videos_per_minute: int
    videos_at_once: int
    videos_per_day: int
    polls_per_minute: int
    credits_per_day: float | None = Field(description="Your own limit; null: none.")


class Hold(BaseModel):
    """Jobs of one rate limit that CreativeAI accepts none of for a while."""

    rate_bucket: Literal["video", "other", "poll"] = Field(
        description="other: images, voices and all jobs that are no videos; poll: checks of running jobs."
    )
    since: Moment
    until: Moment = Field(description="When it ends automatically; earlier when you resume the queue.")
    reason: str = Field(description="What CreativeAI responded; may be empty.")


class QueueResponse(BaseModel):
    """Status of the queue."""

    state: Literal["ready", "limited", "paused"] = Field(
        description="limited: a limit or hold keeps jobs waiting, see reason."
    )
    reason: str = Field(description="What keeps jobs waiting and until when, in sentences; empty: nothing.")
    next_at: Moment | None = Field(
        description="When the first limit, hold or pause ends; null: unknown or none."
    )
    waiting: int
    running: int
    held: int = Field(description="Jobs that wait for a decision or for credits.")
    pause: Pause | None = Field(description="null: not paused.")
    holds: list[Hold] = Field(description="Ended by their time, or when you resume the queue.")
    videos_today: int = Field(description="Videos of the last 24 hours that count against videos_per_day.")
    credits_used: float = Field(description="Credits used in the last 24 hours, as far as known.")
    limits: Limits


class PauseRequest(Request):
    reason: str = Field(
        min_length=1, max_length=500, description="Shown while it is paused.", examples=["Sale is over"]
    )


class TickResponse(BaseModel):
    refreshed: int = Field(description="Number of running jobs that are polled now.")


def _connections(ctx: AppContext, call: Call) -> ConnectionsResponse:
    pauses = ctx.store.pauses()
    return ConnectionsResponse(
        items=[_connection(ctx, each, pauses.get(each.name), call.now) for each in ctx.connections()]
    )


def _connection(
    ctx: AppContext, view: ConnectionView, pause: connection.Pause | None, now: int
) -> Connection:
    status = connection_status(view, pause, now)
    paused = pause if status.state == connection.ConnectionState.PAUSED else None
    return Connection.model_validate(
        {
            "name": view.name,
            "kind": view.kind,
            "state": status.state,
            "reason": status.reason,
            "next_at": status.next_at,
            "pause": Pause.model_validate(paused, from_attributes=True) if paused else None,
            "waiting": ctx.store.waiting(view.name),
            "from_environment": view.from_environment,
            "statuses": sorted(view.statuses),
            "kinds": sorted(view.kinds),
        }
    )


def _queue(ctx: AppContext, call: Call) -> QueueResponse:
    state, limits = ctx.store.queue_state(ctx.account, now=call.now), ctx.limits
    status = queue_status(state, limits, call.now)
    pause = {"since": state.paused_since, "until": state.paused_until, "why": state.paused_why}
    return QueueResponse.model_validate(
        {
            "state": status.state,
            "reason": status.reason,
            "next_at": status.next_at,
            "waiting": state.waiting,
            "running": state.running,
            "held": state.held,
            "pause": pause if state.paused_since is not None else None,
            "holds": [asdict(each) | {"rate_bucket": each.rate_bucket.value} for each in state.holds],
            "videos_today": state.videos_today,
            "credits_used": state.used,
            "limits": asdict(limits),
        }
    )


def _pause(ctx: AppContext, call: Call) -> QueueResponse:
    ctx.needs_key()
    body: PauseRequest = call.body
    ctx.store.pause_queue(ctx.account, body.reason, now=call.now)
    return _queue(ctx, call)


def _resume(ctx: AppContext, call: Call) -> QueueResponse:
    ctx.needs_key()
    ctx.store.resume_queue(ctx.account, now=call.now)
    return _queue(ctx, call)


def _tick(ctx: AppContext, call: Call) -> TickResponse:
    refreshed = ctx.store.poll_running(now=call.now)
    ctx.store.notify()
    return TickResponse(refreshed=refreshed)


OPERATIONS = (
    Operation(
        "GET",
        "/api/connections",
        "listConnections",
        "Connections",
        "List connections",
        ConnectionsResponse,
        _connections,
    ),
    Operation("GET", "/api/queue", "getQueue", "Queue", "Get the status of the queue", QueueResponse, _queue),
    Operation(
        "POST",
        "/api/queue/pause",
        "pauseQueue",
        "Queue",
        "Pause the queue",
        QueueResponse,
        _pause,
        body=PauseRequest,
        problems=(409,),
        description="Nothing more is sent to CreativeAI. Running jobs continue, and their results are "
        "delivered.",
    ),
    Operation(
        "POST",
        "/api/queue/resume",
        "resumeQueue",
        "Queue",
        "Resume the queue",
        QueueResponse,
        _resume,
        problems=(409,),
        description="Ends its pause, and every hold after a response of CreativeAI's.",
    ),
    Operation(
        "POST",
        "/tasks/tick",
        "tick",
        "Queue",
        "Wake the relay and poll running jobs now",
        TickResponse,
        _tick,
        description="For a scheduler, on a host where idle processes sleep.",
    ),
)
