"""Kills processes of a running relay at steered and at random moments, and tells in which place each died."""

import contextlib
import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from tests.acceptance.load import Load, Try
from tests.wire import Call, Receiver, RelayProcess, wait_until

BEFORE_COMMIT = "post unanswered, not stored"
COMMITTED = "stored, post unanswered"
UNSETTLED = "called, not settled"
IDLE = "nothing in hand"
PLACES = (BEFORE_COMMIT, COMMITTED, UNSETTLED, IDLE)

# What dies, and when. Each line of the plan comes up equally often.
PLAN = (
    ("web worker", "a post is sent"),
    ("web worker", "a post is stored"),
    ("web worker", "any moment"),
    ("delivery worker", "a call arrives"),
    ("delivery worker", "a call is answered"),
    ("delivery worker", "any moment"),
    ("gunicorn master", "any moment"),
    ("everything", "a post is sent"),
    ("everything", "a call arrives"),
    ("everything", "any moment"),
)


class Kills:
    """The hand that kills. `places` counts kills by (what died, place); `unsettled` has keys of UNSETTLED."""

    def __init__(self, relay: RelayProcess, receiver: Receiver, load: Load, seed: int) -> None:
        self.relay, self.receiver, self.load = relay, receiver, load
        self.places: Counter[tuple[str, str]] = Counter()
        self.done: Counter[str] = Counter()
        self.unsettled: set[str] = set()
        self._chance = random.Random(seed)
        self._seen = 0
        self._struck: list[Try] = []
        self._on_call: Callable[[], None] | None = None
        self._on_answered: Callable[[], None] | None = None
        self._lock = threading.Lock()
        self._idle = threading.Event()

    def called(self) -> None:
        """The receiver got a call and has not answered it."""
        self._fire("_on_call")

    def answered(self) -> None:
        self._fire("_on_answered")

    def kill(self, what: str, moment: str) -> None:
        """Waits for the moment, kills, looks where it hit, and waits until the relay serves again."""
        self._idle.wait(self._chance.uniform(0.05, 0.6))
        try:
            before = set(self.receiver.connections)
            self._strike(what, moment)
            found = self._places(what, before)
        finally:
            self.load.again.set()
        self.done[what] += 1
        self.places.update((what, place) for place in found or {IDLE})
        self._recover(what)

    def _strike(self, what: str, moment: str) -> None:
        pids = self._pids(what)
        dead = threading.Event()

        def strike() -> None:
            self.load.again.clear()
            self._struck = self._open_tries()
            for pid in pids:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            dead.set()

        match moment:
            case "a post is sent":
                self.load.on_sent = strike
            case "a call arrives":
                self._on_call = strike
            case "a call is answered":
                self._on_answered = strike
            case "a post is stored":
                self._hold_until_stored(pids[0])
                strike()
            case _:
                strike()
        if not dead.wait(15):
            raise TimeoutError(f"the moment for {what} did not come: {moment}\n{self.relay.last_lines()}")
        wait_until(lambda: not set(pids) & set(self.relay.processes()))

    def _hold_until_stored(self, pid: int) -> None:
        """Stops the process again and again until it holds a post that is stored and not answered.

        A process that is stopped and then killed dies where it was stopped.
        """
        end = time.monotonic() + 15
        while time.monotonic() < end:
            self._idle.wait(self._chance.uniform(0.001, 0.01))
            os.kill(pid, signal.SIGSTOP)
            self._idle.wait(0.003)
            if any(self._stored(attempt.webhook.generation_id) for attempt in self._open_tries()):
                return
            os.kill(pid, signal.SIGCONT)

    def _pids(self, what: str) -> list[int]:
        find = {
            "web worker": self.relay.web_worker,
            "delivery worker": self.relay.delivery_worker,
            "gunicorn master": self.relay.master,
        }
        return [wait_until(find[what])] if what in find else self._all()

    def _all(self) -> list[int]:
        """The supervisor first, so that it starts nothing new."""
        return sorted(self.relay.processes(), key=lambda pid: pid != self.relay.pid)

    def _places(self, what: str, before: set[int]) -> set[str]:
        found = set()
        if what != "delivery worker":
            wait_until(lambda: all(attempt.outcome for attempt in self._struck))
            for attempt in self._struck:
                if attempt.outcome == "cut":
                    stored = self._stored(attempt.webhook.generation_id)
                    found.add(COMMITTED if stored else BEFORE_COMMIT)
        if what in {"delivery worker", "everything"}:
            wait_until(lambda: not before & self.receiver.connections)
            calls, self._seen = self.receiver.calls[self._seen :], len(self.receiver.calls)
            keys = self._unsettled(call for call in calls if call.key)
            self.unsettled |= keys
            found |= {UNSETTLED} if keys else set()
        return found

    def _open_tries(self) -> list[Try]:
        """Posts that are out in full for the first time and have no answer yet."""
        return [t for t in list(self.load.open.values()) if t.sent and t.first and not t.outcome]

    def _stored(self, generation_id: str) -> bool:
        return bool(self.relay.number("select count(*) from event where delivery_id = ?", generation_id))

    def _unsettled(self, calls: Iterable[Call]) -> set[str]:
        """Keys of calls whose delivery the database does not know as delivered."""
        keys = {call.json["data"]["generation_id"]: call.key for call in calls}
        settled = {found for some in _by(500, keys) for found in self._delivered(some)}
        return {key for generation_id, key in keys.items() if generation_id not in settled}

    def _delivered(self, generation_ids: list[str]) -> list[str]:
        rows = self.relay.rows(
            "select result.generation_id from delivery join result on result.id = delivery.result_id"
            " where delivery.connection = 'webhook' and delivery.status = 'delivered'"
            f" and result.generation_id in ({', '.join('?' * len(generation_ids))})",
            *generation_ids,
        )
        return [row[0] for row in rows]

    def _recover(self, what: str) -> None:
        if what == "everything":
            self.relay.kill()
            self.relay.start()
        else:
            self.relay.wait_ready()

    def _fire(self, name: str) -> None:
        with self._lock:
            strike: Callable[[], None] | None = getattr(self, name)
            setattr(self, name, None)
        if strike:
            strike()


def _by(size: int, values: Iterable[str]) -> Iterator[list[str]]:
    rest = iter(values)
    while some := list(islice(rest, size)):
        yield some
