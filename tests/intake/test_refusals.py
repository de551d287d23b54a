"""Refused webhooks are counted beside the path that answers: one write a second at most, whatever comes."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from relay.errors import StoreBusyError
from relay.intake.refusals import LONGEST_SENDER, RefusalCounter
from relay.models.views import RefusedWebhooks
from relay.store.sqlite.store import SqliteStore
from tests.store.contract.make import NOW
from tests.store.template import new_database
from tests.wire.client import wait_until

HOUR = 3_600_000
LONG = 3600.0  # seconds; never over in a test


class Counting(SqliteStore):
    """Counts its writes; the first `busy` fail, and each waits for `gate`."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, busy_seconds=0.1)
        self.writes: list[Sequence[RefusedWebhooks]] = []
        self.busy = 0
        self.gate = threading.Event()
        self.gate.set()

    def add_refused(self, refused: Sequence[RefusedWebhooks]) -> None:
        self.gate.wait()
        self.writes.append(refused)
        if len(self.writes) <= self.busy:
            raise StoreBusyError("Nothing was written: the database is busy.")
        super().add_refused(refused)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Counting]:
    new_database(tmp_path / "relay.db")
    with closing(Counting(tmp_path / "relay.db")) as store:
        store.migrate()
        yield store


def kept(store: Counting) -> list[tuple[str, int]]:
    return [(each.reason, each.count) for each in store.refused_webhooks(limit=99)]


def test_a_flood_is_one_write_a_second_and_every_one_of_it_is_counted(store: Counting) -> None:
    counter = RefusalCounter(store, every=LONG)
    counter.add(NOW, "192.0.2.1", "no secret")
    wait_until(lambda: kept(store) == [("no secret", 1)])  # the first is written at once
    for number in range(10_000):
        counter.add(NOW + number % 100, f"192.0.2.{number % 250}", "no secret")
    assert len(store.writes) == 1
    counter.stop()
    assert len(store.writes) == 2
    assert kept(store) == [("no secret", 10_001)]


def test_a_database_that_waits_holds_up_nobody(store: Counting) -> None:
    store.gate.clear()
    counter = RefusalCounter(store, every=0.0)
    for _ in range(100):
        counter.add(NOW, "192.0.2.1", "no secret")
    assert kept(store) == []
    store.gate.set()
    wait_until(lambda: kept(store) == [("no secret", 100)])
    counter.stop()


def test_what_a_busy_database_does_not_take_is_written_later(store: Counting) -> None:
    store.busy = 3
    counter = RefusalCounter(store, every=0.0)
    for sender in ("192.0.2.1", "192.0.2.2"):
        counter.add(NOW, sender, "no secret")
    counter.add(NOW + HOUR, "192.0.2.3", "no secret")
    wait_until(lambda: sum(count for _, count in kept(store)) == 3)
    counter.stop()
    assert [(each.count, each.last_sender) for each in store.refused_webhooks(limit=9)] == [
        (1, "192.0.2.3"),
        (2, "192.0.2.2"),
    ]


def test_one_fault_does_not_end_the_counting(store: Counting) -> None:
    counter = RefusalCounter(store, every=0.0)
    counter.add(NOW, "192.0.2.1", "\ud800")  # no text that a database could hold
    wait_until(lambda: len(store.writes) == 1)
    counter.add(NOW, "192.0.2.1", "no secret")
    wait_until(lambda: kept(store) == [("no secret", 1)])
    counter.stop()


def test_a_sender_of_any_length_is_kept_short(store: Counting) -> None:
    counter = RefusalCounter(store)
    counter.add(NOW, "x" * 60_000, "no secret")
    counter.stop()
    (found,) = store.refused_webhooks(limit=9)
    assert len(found.last_sender) == LONGEST_SENDER
    assert (found.hour, found.last_at) == (NOW - NOW % HOUR, NOW)


def test_without_any_it_neither_writes_nor_has_a_thread(store: Counting) -> None:
    before = threading.active_count()
    counter = RefusalCounter(store)
    assert threading.active_count() == before
    counter.stop()
    assert store.writes == []
