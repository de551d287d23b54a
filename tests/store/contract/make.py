"""Short ways to say what a test needs: a result, an event, a claim, how an attempt ended."""

from collections.abc import Sequence
from typing import Any

from relay.models.connection import Pause, Route
from relay.models.core import AcceptedEvent, Event, Output, Result, ResultStatus, RoutedResult
from relay.models.delivery import Claim, ClaimedDelivery, Outcome, Settlement
from relay.models.views import DeliverySummary
from relay.store.contract.core import DeliveryStore, IntakeStore, Store
from relay.store.contract.reading import ReadingStore

NOW = 1_800_000_000_000
LEASE = 10_000
SHEET = Route("sheet", "sheets", "sheet:1")
SHOP = Route("shop", "shopify", "shop:1")


def result(generation_id: str = "vgen_1", status: str = "completed", **fields: Any) -> Result:
    plain = {"kind": "video", "outputs": (Output(f"https://cdn.test/{generation_id}.mp4", "video/mp4"),)}
    return Result(generation_id, ResultStatus(status), **(plain | fields))


def event(*results: Result, delivery_id: str = "", at: int = NOW, body: bytes = b"{}") -> Event:
    first = results[0] if results else result()
    return Event(
        delivery_id=delivery_id or first.generation_id,
        status=first.status,
        name=f"video.generation.{first.status}",
        label="n8n",
        secret="CREATIVEAI_WEBHOOK_SECRET",
        received_at=at,
        headers={"x-creativeai-event": "video"},
        body=body,
        results=results,
    )


def accept(
    store: IntakeStore,
    *results: Result,
    to: Sequence[Route] = (SHEET,),
    delivery_id: str = "",
    at: int = NOW,
    body: bytes = b"{}",
) -> AcceptedEvent:
    names = tuple(connection.name for connection in to)
    arrived = event(*results, delivery_id=delivery_id, at=at, body=body)
    return store.accept(arrived, [RoutedResult(each, names) for each in results])


def accept_many(store: IntakeStore, count: int, *, to: Sequence[Route] = (SHEET,), at: int = NOW) -> None:
    """`count` generations, each in an event of its own and a millisecond younger than the one before."""
    for number in range(count):
        accept(store, result(f"vgen_{number}"), to=to, at=at + number)


def claim(store: DeliveryStore, *connections: Route, at: int = NOW, lease_until: int | None = None) -> Claim:
    return store.claim(connections or (SHEET,), now=at, lease_until=lease_until or at + LEASE)


def claim_one(store: DeliveryStore, *connections: Route, at: int = NOW) -> ClaimedDelivery:
    (claimed,) = claim(store, *connections, at=at).deliveries
    return claimed


def ended(claimed: ClaimedDelivery, status: str = "delivered", *, at: int = NOW, **fields: Any) -> Settlement:
    """How an attempt ended; without more words, well."""
    outcomes = {"delivered": Outcome.DONE, "failed": Outcome.FAILED}
    plain: dict[str, Any] = {
        "delivery_id": claimed.delivery_id,
        "connection": claimed.connection,
        "held_by": SHEET.target,
        "token": claimed.token,
        "outcome": outcomes.get(status, Outcome.RETRY),
        "status": status,
        "started_at": at,
        "milliseconds": 7,
    }
    return Settlement(**(plain | fields))


def retry(claimed: ClaimedDelivery, due_at: int, *, at: int = NOW, **fields: Any) -> Settlement:
    return ended(claimed, "retrying", at=at, due_at=due_at, **({"counts": True} | fields))


def pause(why: str = "answered 401", until: int | None = None, since: int = NOW) -> Pause:
    return Pause(since=since, why=why, until=until)


def hold(until: int, why: str = "answered 429", since: int = NOW) -> Pause:
    return Pause(since=since, why=why, until=until, held=True)


def only_delivery(store: ReadingStore, **filters: str) -> DeliverySummary:
    (found,) = store.deliveries(limit=10, **filters)
    return found


def statuses(store: ReadingStore, generation_id: str = "") -> dict[str, str]:
    """Result's status -> delivery's status, of one connection."""
    found = store.deliveries(limit=100, generation_id=generation_id)
    return {each.result_status: each.status for each in found}


def drain(store: Store, *connections: Route, at: int) -> list[ClaimedDelivery]:
    """Claims and delivers until nothing is due at that moment."""
    done: list[ClaimedDelivery] = []
    while claimed := claim(store, *connections, at=at).deliveries:
        store.settle([ended(each, at=at) for each in claimed])
        done += claimed
    return done
