"""A load like the vendor's: signed webhooks over several connections, posted until they are answered."""

import contextlib
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.wire import Connection, CutError, Reply, generation, new_generation_id, signed

_PAUSES = (0.1, 0.2, 0.4, 0.8, 1.6, 2.0, 2.0, 2.0, 2.0, 2.0)
_REPEATED = 0.1


@dataclass(slots=True)
class Webhook:
    """One webhook and what became of it: how often it was sent in full, and every answer."""

    generation_id: str
    status: str
    raw: bytes
    sent: int = 0
    answers: list[tuple[int, str]] = field(default_factory=list)

    @property
    def acknowledged(self) -> bool:
        return bool(self.answers)


@dataclass(slots=True)
class Try:
    """One post on the way. `outcome`: "" while open, then "answered" or "cut"; `sent` once all is out."""

    webhook: Webhook
    first: bool
    sent: bool = False
    outcome: str = ""


class Load:
    """Posts until it is stopped. While `again` is not set, nothing is posted a second time."""

    def __init__(self, port: int, threads: int, seed: int, pause: float, failures: int) -> None:
        self.webhooks: list[Webhook] = []
        self.open: dict[int, Try] = {}
        self.again = threading.Event()
        self.again.set()
        self.on_sent: Callable[[], None] | None = None
        self.surprises: list[str] = []
        self._port, self._pause, self._failures = port, pause, failures
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self._threads = [
            threading.Thread(target=self._run, args=(number, random.Random(seed + number)))
            for number in range(threads)
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """No new webhooks; the ones in hand are posted until they are answered or given up."""
        self._stopped.set()
        for thread in self._threads:
            thread.join(60)
            assert not thread.is_alive()

    def _run(self, number: int, chance: random.Random) -> None:
        line: Connection | None = None
        while not self._stopped.wait(chance.expovariate(1 / self._pause)):
            webhook = self._new(chance)
            line = self._until_answered(number, webhook, line)
            if line and webhook.acknowledged and chance.random() < _REPEATED:
                line = self._once(number, webhook, line)
        if line:
            line.close()

    def _new(self, chance: random.Random) -> Webhook:
        with self._lock:
            failed = self._failures > 0 and chance.random() < 0.02
            self._failures -= failed
            status = "failed" if failed else "completed"
            generation_id = new_generation_id()
            webhook = Webhook(generation_id, status, signed(generation(generation_id, status)))
            self.webhooks.append(webhook)
        return webhook

    def _until_answered(self, number: int, webhook: Webhook, line: Connection | None) -> Connection | None:
        for pause in (*_PAUSES, None):
            line = self._once(number, webhook, line)
            if webhook.acknowledged or pause is None:
                break
            self._stopped.wait(pause)
            self.again.wait(30)
        return line

    def _once(self, number: int, webhook: Webhook, line: Connection | None) -> Connection | None:
        """Posts once, on the kept connection or a new one; gives the connection if it can be used again."""
        attempt = self.open[number] = Try(webhook, first=webhook.sent == 0)
        try:
            line = line or Connection(self._port)
            line.send(webhook.raw)
            webhook.sent += 1
            attempt.sent = True
            self._tell_sent()
            reply = line.receive()
        except (OSError, CutError):
            attempt.outcome = "cut"
            if line:
                line.close()
            return None
        self._note(webhook, reply)
        attempt.outcome = "answered"
        if reply.last:
            line.close()
        return None if reply.last else line

    def _tell_sent(self) -> None:
        with self._lock:
            tell, self.on_sent = self.on_sent, None
        if tell:
            tell()

    def _note(self, webhook: Webhook, reply: Reply) -> None:
        if reply.status in {200, 202}:
            with contextlib.suppress(ValueError, KeyError):
                webhook.answers.append((reply.status, reply.json["event"]))
                return
        if reply.status < 500:
            self.surprises.append(f"{reply.status} {reply.body[:200]!r}")
