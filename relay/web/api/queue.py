"""The line to CreativeAI, where results go, and the tick that a scheduler may send."""

from dataclasses import asdict

from pydantic import BaseModel, Field

from relay.models.core import ConnectionState, Pause
from relay.models.views import ConnectionSummary
from relay.web.api.operation import Call, Operation, Request
from relay.web.api.types import Moment
from relay.web.context import AppContext


class PauseAnswer(BaseModel):
    since: Moment
    until: Moment | None = Field(description="When it ends; null: until somebody resumes it.")
    why: str


class ConnectionAnswer(BaseModel):
    """Where results go."""

    name: str
    kind: str
    state: ConnectionState
    fault: str = Field(description="What it needs; empty while it is ready.")
    pause: PauseAnswer | None = Field(description="null: it does not stand still.")
    waiting: int = Field(description="Deliveries that wait for it or are in hand.")
    from_environment: bool
    statuses: list[str] = Field(description="Which results it gets.")
    kinds: list[str] = Field(description="Of which kinds; empty: all.")


class ConnectionsAnswer(BaseModel):
    items: list[ConnectionAnswer]


class LimitsAnswer(BaseModel):
    """What the relay keeps to, for all that is sent with its key."""

    requests_per_minute: int
    videos_per_minute: int
    videos_at_once: int
    videos_per_day: int
    polls_per_minute: int
    credits_per_day: float | None = Field(description="Our own; null: none.")


class QueueAnswer(BaseModel):
    """How the line stands."""

    waiting: int
    running: int
    held: int = Field(description="Jobs that wait for a person or for money.")
    pause: PauseAnswer | None = Field(description="null: it moves.")
    credits_used: float = Field(description="In the last 24 hours, as far as it is known.")
    limits: LimitsAnswer


class PauseRequest(Request):
    why: str = Field(
        min_length=1, max_length=500, description="For whoever finds it.", examples=["Sale is over"]
    )


class TickAnswer(BaseModel):
    refreshed: int = Field(description="Jobs that CreativeAI is asked about now.")


def _connections(ctx: AppContext, _call: Call) -> ConnectionsAnswer:
    pauses = ctx.store.pauses()
    return ConnectionsAnswer(
        items=[
            _connection(each, pauses.get(each.name), ctx.store.waiting(each.name))
            for each in ctx.connections()
        ]
    )


def _connection(summary: ConnectionSummary, pause: Pause | None, waiting: int) -> ConnectionAnswer:
    return ConnectionAnswer(
        name=summary.name,
        kind=summary.kind,
        state=summary.state,
        fault=summary.fault,
        pause=PauseAnswer.model_validate(pause, from_attributes=True) if pause else None,
        waiting=waiting,
        from_environment=summary.from_environment,
        statuses=sorted(summary.statuses),
        kinds=sorted(summary.kinds),
    )


def _queue(ctx: AppContext, call: Call) -> QueueAnswer:
    state = ctx.store.queue_state(ctx.account, now=call.now)
    pause = {"since": state.paused_since, "until": state.paused_until, "why": state.paused_why}
    return QueueAnswer(
        waiting=state.waiting,
        running=state.running,
        held=state.held,
        pause=PauseAnswer.model_validate(pause) if state.paused_since is not None else None,
        credits_used=state.used,
        limits=LimitsAnswer(**asdict(ctx.limits)),
    )


def _pause(ctx: AppContext, call: Call) -> QueueAnswer:
    ctx.needs_key()
    asked: PauseRequest = call.body
    ctx.store.pause_queue(ctx.account, asked.why, now=call.now)
    return _queue(ctx, call)


def _resume(ctx: AppContext, call: Call) -> QueueAnswer:
    ctx.needs_key()
    ctx.store.resume_queue(ctx.account, now=call.now)
    return _queue(ctx, call)


def _tick(ctx: AppContext, call: Call) -> TickAnswer:
    looked = ctx.store.poll_running(now=call.now)
    ctx.store.notify()
    return TickAnswer(refreshed=looked)


OPERATIONS = (
    Operation(
        "GET",
        "/api/connections",
        "listConnections",
        "Connections",
        "Where results go",
        ConnectionsAnswer,
        _connections,
    ),
    Operation("GET", "/api/queue", "getQueue", "Queue", "How the line stands", QueueAnswer, _queue),
    Operation(
        "POST",
        "/api/queue/pause",
        "pauseQueue",
        "Queue",
        "Send nothing more to CreativeAI",
        QueueAnswer,
        _pause,
        body=PauseRequest,
        problems=(409,),
        description="What runs goes on, and is asked about.",
    ),
    Operation(
        "POST",
        "/api/queue/resume",
        "resumeQueue",
        "Queue",
        "Go on sending",
        QueueAnswer,
        _resume,
        problems=(409,),
    ),
    Operation(
        "POST",
        "/tasks/tick",
        "tick",
        "Queue",
        "Wake the relay and ask about running jobs now",
        TickAnswer,
        _tick,
        description="For the scheduler of a host that lets idle processes sleep.",
    ),
)
