"""What a delivery waits for and until when, why it failed or was skipped: said here and nowhere else."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from relay.models.connection import ConnectionState
from relay.models.delivery import DeliveryStatus
from relay.models.status import Status, sentence, soon
from relay.models.views import DeliverySummary

_PENDING = (DeliveryStatus.PENDING, DeliveryStatus.RETRYING)


@dataclass(frozen=True, slots=True)
class Turn:
    """A due delivery's place: how many of its connection are due before it, and how fast they are sent.

    per_second  None: as fast as the destination takes them
    """

    ahead: int
    per_second: float | None = None


def delivery_status(
    delivery: DeliverySummary, connection: Status | None, now: int, turn: Turn | None = None
) -> Status:
    """Its state is a DeliveryStatus. `connection` None: there is none of this name. `turn` None: not asked
    for, as in a list; when it is sent is not known then."""
    if delivery.status == DeliveryStatus.FAILED:
        return Status(delivery.status, _failed(delivery))
    if delivery.status not in _PENDING or delivery.due_at is None:
        return Status(delivery.status, delivery.note)
    if delivery.leased_until is not None and delivery.leased_until > now:
        number = delivery.attempt_count
        return Status(delivery.status, f"Attempt {number} is under way, or begins in a moment.")
    stops = _stop(delivery, connection)
    if stops and (stops.next_at is None or stops.next_at >= delivery.due_at):
        return stops
    if delivery.due_at > now:
        return _later(delivery, delivery.due_at, now)
    waits = f"Waiting for its turn: sent as soon as {delivery.connection} takes another delivery."
    return Status(delivery.status, _joined(sentence(delivery.note), waits), _turn_at(turn, now))


def delivery_statuses(
    deliveries: Iterable[DeliverySummary], connections: Mapping[str, Status], now: int
) -> dict[str, Status]:
    """By ID."""
    return {each.id: delivery_status(each, connections.get(each.connection), now) for each in deliveries}


def failure(delivery: DeliverySummary) -> str:
    """What went wrong, without the next step: for a list that has one step for many deliveries."""
    return sentence(delivery.note) or "No reason was given."


def _failed(delivery: DeliverySummary) -> str:
    """What went wrong and the next step, unless the destination's words name it."""
    note = failure(delivery)
    if delivery.is_superseded:
        return f"{note} A later result replaced this one, so this delivery is not resent."
    if "resend" in note:
        return note
    return f"{note} Fix the cause, then resend the delivery."


def _stop(delivery: DeliverySummary, connection: Status | None) -> Status | None:
    """What keeps the deliveries to its connection."""
    if connection is None:
        name = delivery.connection
        why = f"There is no connection {name} now. Add it again to send what is kept for it."
        return Status(delivery.status, why)
    if connection.state == ConnectionState.READY:
        return None
    return Status(delivery.status, connection.reason, connection.next_at)


def _later(delivery: DeliverySummary, due_at: int, now: int) -> Status:
    """Without words of an attempt, it is the archive that a delivery waits for."""
    if delivery.note:
        reason = f"{sentence(delivery.note)} The next attempt is {soon(due_at, now)}."
    else:
        reason = (
            f"Waiting for the archived copy of its file. Sent {soon(due_at, now)} at the latest, with "
            "CreativeAI's link if there is no copy by then."
        )
    return Status(delivery.status, reason, due_at)


def _turn_at(turn: Turn | None, now: int) -> int | None:
    if turn is None:
        return None
    if turn.per_second is None:
        return None if turn.ahead else now
    return now + round(turn.ahead * 1000 / turn.per_second)


def _joined(*sentences: str) -> str:
    return " ".join(filter(None, sentences))
