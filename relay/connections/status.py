"""What a connection is and why, since when and until when: said here and nowhere else."""

from collections.abc import Iterable, Mapping

from relay.connections.contract import ConnectionView
from relay.models.connection import ConnectionState, Pause
from relay.models.status import Status, clock, sentence, since


def connection_status(view: ConnectionView, pause: Pause | None, now: int) -> Status:
    """Its state is a ConnectionState; `pause` as the store has it, also one that is over by now."""
    if view.state is not ConnectionState.READY:
        kept = f"Deliveries to {view.name} are kept until you fix the connection."
        return Status(view.state, f"{sentence(view.fault)} {kept}")
    if pause is None or pause.lasts_until <= now:
        return Status(ConnectionState.READY)
    return Status(ConnectionState.PAUSED, f"{_why(pause, now)} {_kept(view.name, pause, now)}", pause.until)


def connection_statuses(
    views: Iterable[ConnectionView], pauses: Mapping[str, Pause], now: int
) -> dict[str, Status]:
    """By name."""
    return {each.name: connection_status(each, pauses.get(each.name), now) for each in views}


def _why(pause: Pause, now: int) -> str:
    begun = f"Paused since {since(pause.since, now)}"
    return f"{begun}: {sentence(pause.why)}" if pause.why else f"{begun}."


def _kept(name: str, pause: Pause, now: int) -> str:
    if pause.until is None:
        return f"Deliveries to {name} are kept until you resume the connection."
    return (
        f"Deliveries to {name} are kept until {clock(pause.until, now)}, or until you resume the connection."
    )
