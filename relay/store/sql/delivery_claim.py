"""The claim: which deliveries a worker may have now, by leases, pace, pauses and holds."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil

from relay.models.connection import Route
from relay.models.delivery import Claim, ClaimedDelivery, Outcome, Settlement
from relay.store.sql import clock, codec
from relay.store.sql.archive import copies_of
from relay.store.sql.database import Row, Session
from relay.store.sql.repository import Repository
from relay.store.sql.settle import settle

_CHECK_AGAIN = 1000  # ms, when something due is held back by a lease of another process
_FULL_TARGETS = 4  # of one quota (for a webhook, the host) may be called as much at a time as each allows
_OWN_SLOTS = 2  # calls at a time that a target keeps, however many share its quota


@dataclass(frozen=True, slots=True)
class _Claimant:
    """Which worker claims, and when."""

    worker: str
    ahead: int
    now: int
    lease_until: int


@dataclass(frozen=True, slots=True)
class _ClaimRound:
    """What a claim may do for one connection.

    free   how many it may lease now
    slots  how many calls at a time the claimant may make to its target
    at     when to claim again
    since  when its oldest delivery became due
    over   the time of its pause or hold is over
    """

    free: int
    slots: int
    at: int | None
    since: int = 0
    over: bool = False


class SqlDeliveryClaim(Repository):
    def claim(
        self,
        connections: Sequence[Route],
        *,
        now: int,
        lease_until: int,
        worker: str = "",
        ahead: int = 1,
        settled: Sequence[Settlement] = (),
    ) -> Claim:
        claimant = _Claimant(worker, ahead, now, lease_until)
        self._end_waits_ahead(connections, claimant)
        connections = _with_fair_shares(connections)
        if settled:
            with self._database.write(alongside=True) as db:
                stale = settle(db, settled)
                rounds = _rounds(db, connections, claimant)
                return replace(_claim(db, connections, rounds, claimant), stale=tuple(stale))
        with self._database.read() as db:
            rounds = _rounds(db, connections, claimant)
        if not _has_work(rounds):
            return _claimed([], connections, rounds, now)
        with self._database.write(durable=False, alongside=True) as db:
            return _claim(db, connections, rounds, claimant)

    def _end_waits_ahead(self, connections: Sequence[Route], claimant: _Claimant) -> None:
        of_each = [(clock.OF_DELIVERIES, {"connection": each.name}) for each in connections]
        steps = [(clock.OF_TARGETS, {}), *of_each]
        self._clock.end_waits(
            "deliveries", self._database, steps, now=claimant.now, lease_until=claimant.lease_until
        )


def _claim(
    db: Session, connections: Sequence[Route], rounds: dict[str, _ClaimRound], claimant: _Claimant
) -> Claim:
    """Part of a write transaction. `rounds`: as they were before it; what another process took meanwhile is
    seen here, and what became free meanwhile at the next claim."""
    now = claimant.now
    if not _has_work(rounds):
        return _claimed([], connections, rounds, now)
    candidates = [c for c in connections if rounds[c.name].free or rounds[c.name].over]
    db.lock(*_names(candidates))
    db.execute("end_due_pauses", {"now": now})
    db.execute("end_due_target_holds", {"now": now})
    claimed: list[ClaimedDelivery] = []
    backlog = set()
    # Connections that share a target take turns: the one whose first has waited longest.
    for connection in sorted(candidates, key=lambda c: rounds[c.name].since):
        sharing = [other for other in connections if other.target == connection.target]
        free = _rounds(db, sharing, claimant)[connection.name].free
        if free:
            leased = _lease(db, connection, free, claimant)
            claimed += leased
            if len(leased) == free > 1:
                backlog.add(connection.target)
    touched = {connection.target for connection in candidates}
    rounds |= _rounds(db, [c for c in connections if c.target in touched], claimant)
    return replace(_claimed(claimed, connections, rounds, now), backlog=frozenset(backlog))


def _names(connections: Sequence[Route]) -> list[str]:
    """What two claims must not decide at the same moment: what a connection has, what its target has in hand,
    when its quota may be called next."""
    return [
        name
        for c in connections
        for name in (f"connection {c.name}", f"target {c.target}", f"pace {c.paced_by}")
    ]


def _has_work(rounds: Mapping[str, _ClaimRound]) -> bool:
    return any(each.free or each.over for each in rounds.values())


def _with_fair_shares(connections: Sequence[Route]) -> list[Route]:
    """The connections with as many calls at a time as their quota has for each of its targets.

    Whoever shares a quota gets an even part of it, whatever the others do with theirs: so none that hangs
    takes the part of another, and the host has a ceiling.
    """
    sharing = Counter(quota for quota, _ in {(c.paced_by, c.target) for c in connections})
    return [replace(c, concurrency=_fair_share(c.concurrency, sharing[c.paced_by])) for c in connections]


def _fair_share(concurrency: int, targets: int) -> int:
    return min(concurrency, max(_OWN_SLOTS, _FULL_TARGETS * concurrency // targets))


def _rounds(db: Session, connections: Sequence[Route], claimant: _Claimant) -> dict[str, _ClaimRound]:
    asked = {"worker": claimant.worker, "now": claimant.now}
    rows = {
        c.name: db.fetch_row(
            "claim_state", asked | {"connection": c.name, "paced_by": c.paced_by, "held_by": c.held_by}
        )
        for c in connections
    }
    mine, others = Counter[str](), Counter[str]()
    for c in connections:
        mine[c.target] += rows[c.name]["mine"]
        others[c.target] += rows[c.name]["others"]
    return {c.name: _judge(c, rows[c.name], mine[c.target], others[c.target], claimant) for c in connections}


def _judge(connection: Route, row: Row, mine: int, others: int, claimant: _Claimant) -> _ClaimRound:
    slots = max(0, connection.concurrency - others)
    stands_until = (row["paused_until"], row["held_until"])
    over = any(until is not None and until <= claimant.now for until in stands_until)
    if row["due_at"] is None:
        return _ClaimRound(0, slots, None, over=over)
    at = max(row["due_at"], row["next_at"] or 0, *(until or 0 for until in stands_until))
    if at > claimant.now:
        return _ClaimRound(0, slots, at, over=over)
    paced = connection.calls_per_second is not None
    free = max(0, min(1, slots - mine) if paced else slots * claimant.ahead - mine)
    return _ClaimRound(free, slots, at if free else None, row["due_at"])


def _claimed(
    claimed: Sequence[ClaimedDelivery],
    connections: Sequence[Route],
    rounds: Mapping[str, _ClaimRound],
    now: int,
) -> Claim:
    """Deliveries that are due but unclaimed wait for a lease to end, so do not claim again at once."""
    times = (now + _CHECK_AGAIN if each.free else each.at for each in rounds.values())
    slots = {connection.target: rounds[connection.name].slots for connection in connections}
    return Claim(tuple(claimed), min((at for at in times if at is not None), default=None), slots)


def _lease(db: Session, connection: Route, free: int, claimant: _Claimant) -> list[ClaimedDelivery]:
    now = claimant.now
    rows = db.fetch_all("due_deliveries", {"connection": connection.name, "now": now, "limit": free})
    first_of_each: dict[str, Row] = {}
    for row in rows:
        first_of_each.setdefault(row["generation_id"], row)
    claimed, leases = [], []
    for row in first_of_each.values():
        if row["leased_until"] is not None:
            _note_interruption(db, row)
        interrupted = int(row["leased_until"] is not None)
        lease = {"id": row["id"], "lease_until": claimant.lease_until, "worker": claimant.worker}
        leases.append(lease | {"interrupted": interrupted})
        claimed.append(_claimed_delivery(db, connection.name, row, row["tries"] + interrupted))
    if leases:
        db.execute_many("lease_delivery", leases)
    if claimed and connection.calls_per_second:
        step = ceil(1000 / connection.calls_per_second)
        db.execute("pace_target", {"target": connection.paced_by, "next_at": now + step})
    return claimed


def _claimed_delivery(db: Session, connection: str, row: Row, tries: int) -> ClaimedDelivery:
    copies = copies_of(db, row["result_id"]) if row["has_copies"] else ()
    return ClaimedDelivery(
        delivery_id=row["id"],
        connection=connection,
        token=row["token"] + 1,
        tries=tries,
        result=codec.decode(
            row["details"],
            generation_id=row["generation_id"],
            status=row["status"],
            kind=row["kind"],
            batch_id=row["batch_id"],
            copies=copies,
        ),
        context=json.loads(row["context"]),
        received_at=row["received_at"],
        copies=copies,
    )


def _note_interruption(db: Session, row: Row) -> None:
    """For an expired lease: the worker stopped during the call, which may have had its effect."""
    attempt = {
        "delivery_id": row["id"],
        "token": row["token"],
        "outcome": Outcome.INTERRUPTED,
        "started_at": row["leased_until"],
        "milliseconds": 0,
        "http_status": None,
        "message": "the relay stopped during this attempt; the next one uses the same key",
        "answer": "",
    }
    db.execute("insert_attempt", attempt)
