"""Time that leaps: it stands while anybody works, and goes on at once to the next moment somebody waits for.

Workers, connectors, stores and the sandbox's limits are the real ones. Calls take time too, by chance.
"""

import random
import threading
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

from relay.delivery.worker import BATCH_SECONDS
from relay.http.client import Http
from relay.http.response import HttpResponse
from relay.lease_loop import LONGEST_SLEEP_SECONDS
from relay.models.delivery import Claim, Settlement
from relay.store.sqlite.store import SqliteStore
from tests.store.template import new_database


class Time:
    """`workers`: how many will wait; until all of them do, and none has a call in hand, it stands."""

    def __init__(self, workers: int, start: float = 1_800_000_000.0) -> None:
        self._now = start
        self._workers = workers
        self._changed = threading.Condition()
        self._waiters: dict[Waiter, float] = {}
        self._in_hand: set[tuple[str, int]] = set()

    def seconds(self) -> float:
        with self._changed:
            return self._now

    def ms(self) -> int:
        return round(self.seconds() * 1000)

    def spend(self, seconds: float) -> None:
        with self._changed:
            self._now += seconds
            self._changed.notify_all()

    def hold(self, leases: Iterable[tuple[str, int]]) -> None:
        with self._changed:
            self._in_hand.update(leases)

    def drop(self, leases: Iterable[tuple[str, int]]) -> None:
        with self._changed:
            self._in_hand.difference_update(leases)
            self._changed.notify_all()

    def wait(self, waiter: "Waiter", seconds: float) -> None:
        with self._changed:
            self._waiters[waiter] = self._now + seconds
            while self._now < self._waiters[waiter] and not waiter.woken:
                first = min(self._waiters.values())
                if len(self._waiters) == self._workers and not self._in_hand and first > self._now:
                    self._now = first
                    self._changed.notify_all()
                elif not self._changed.wait(30):
                    break  # of what it holds nothing moves: the test has failed, and its worker is to end
            del self._waiters[waiter]
            waiter.woken = False

    def wake(self, waiter: "Waiter") -> None:
        with self._changed:
            waiter.woken = True
            self._changed.notify_all()


class Waiter:
    """`longest`: how far it leaps where a worker would look again after its longest rest, a second."""

    def __init__(self, time: Time, longest: float) -> None:
        self._time = time
        self._longest = longest
        self.woken = False

    def wait(self, seconds: float) -> bool:
        """A batch gathers in no time: what it waits to settle is in hand, and so time stands."""
        if seconds is not BATCH_SECONDS:  # not equal: something may be due in as short a time
            self._time.wait(self, seconds if seconds < LONGEST_SLEEP_SECONDS else self._longest)
        return False

    def wake(self) -> None:
        self._time.wake(self)

    def close(self) -> None:
        pass


class LeapingStore(SqliteStore):
    """The real one, which tells the time what is in hand and whose workers wait in it."""

    def __init__(self, path: Path, time: Time, longest: float = LONGEST_SLEEP_SECONDS) -> None:
        new_database(path)
        super().__init__(path)
        self.time = time
        self._longest = longest

    def listen(self, topic: str = "") -> Any:
        return Waiter(self.time, self._longest)

    def claim(self, *args: Any, **rest: Any) -> Claim:
        claim = super().claim(*args, **rest)
        self.time.hold((claimed.delivery_id, claimed.token) for claimed in claim.deliveries)
        self.time.drop((each.delivery_id, each.token) for each in rest.get("settled", ()))
        return claim

    def settle(self, settlements: Any) -> list[Settlement]:
        refused = super().settle(settlements)
        self.time.drop((each.delivery_id, each.token) for each in settlements)
        return refused

    def release(self, leases: Collection[tuple[str, int]], *, now: int) -> None:
        super().release(leases, now=now)
        self.time.drop(leases)


class SlowHttp(Http):
    """Each call is some time on its way there and back. `answers` are all that came."""

    def __init__(self, time: Time, origin_map: Mapping[str, str], seed: int) -> None:
        super().__init__(origin_map=origin_map)
        self.answers: list[HttpResponse] = []
        self._time = time
        self._chance = random.Random(seed)

    def send(self, *args: Any, **rest: Any) -> HttpResponse:
        self._time.spend(self._chance.uniform(0.02, 0.08))
        answer = super().send(*args, **rest)
        self._time.spend(self._chance.uniform(0.02, 0.08))
        self.answers.append(answer)
        return answer
