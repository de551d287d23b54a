"""The loop: what is owed is archived, what fails climbs the ladder, what is in hand survives a stop."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest

from relay.archive import worker as loop
from relay.archive.local_storage import LocalStorage
from relay.archive.worker import ArchiveWorker
from relay.files.source import FileSource
from relay.http.client import Download, Http
from relay.lease_loop import LEASE_MS
from relay.models.core import Output
from relay.retry import LADDER
from relay.store.sqlite.store import SqliteStore
from tests.files import samples as files
from tests.store.contract.archive import accept_held
from tests.store.contract.make import NOW, SHEET, claim, result
from tests.wire import Answer, Receiver, wait_until

VIDEO = Answer(body=files.MP4, headers={"Content-Type": "video/mp4"})
Running = Callable[..., AbstractContextManager[ArchiveWorker]]


class Clock:
    """Stands still unless it is moved."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


class ImpatientHttp(Http):
    """As the real one, with half a second in the place of ten."""

    def download(self, *args: Any, **rest: Any) -> Download:
        return super().download(*args, **{"timeout": (0.5, 5.0)} | rest)


@pytest.fixture
def impatient(store: SqliteStore, storage: LocalStorage, clock: Clock) -> Running:
    return running_with(store, ImpatientHttp(allowed_hosts=["127.0.0.1"]), storage, clock)


@pytest.fixture
def running(store: SqliteStore, http: Http, storage: LocalStorage, clock: Clock) -> Running:
    return running_with(store, http, storage, clock)


def running_with(store: SqliteStore, http: Http, storage: LocalStorage, clock: Clock) -> Running:
    @contextmanager
    def run(**options: int) -> Iterator[ArchiveWorker]:
        archiver = ArchiveWorker(store, FileSource(http), storage, clock, **options)
        thread = threading.Thread(target=archiver.run)
        thread.start()
        try:
            yield archiver
        finally:
            archiver.stop()
            thread.join(20)
            assert not thread.is_alive()

    return run


def owe(store: SqliteStore, vendor: Receiver, *names: str) -> None:
    """A result each, with one file at the vendor."""
    for name in names or ("vgen_1",):
        accept_held(store, result(name, outputs=(Output(vendor.url(f"/{name}.mp4")),)))


@pytest.mark.heavy
def test_every_file_is_archived_and_its_deliveries_are_due(
    store: SqliteStore, vendor: Receiver, storage: LocalStorage, running: Running
) -> None:
    vendor.answer = lambda _: VIDEO
    names = [f"vgen_{number}" for number in range(2 * loop.FIRST_SLOTS + 1)]
    with running():
        owe(store, vendor, *names)
        wait_until(lambda: store.archive_summary().archived == len(names))
    claimed = claim(store, SHEET, at=NOW).deliveries
    assert len(claimed) > 0
    assert all(storage.find(each.copies[0].key) for each in claimed)
    assert store.storage_size("local") == len(names) * len(files.MP4)


def test_files_leave_no_connections_to_the_database_behind(
    store: SqliteStore, vendor: Receiver, running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened, connect = [], sqlite3.connect

    def connect_and_note(*args: Any, **options: Any) -> sqlite3.Connection:
        opened.append(connect(*args, **options))
        return opened[-1]

    vendor.answer = lambda _: VIDEO
    owe(store, vendor, *(f"vgen_{number}" for number in range(12)))  # opens the one that writes
    monkeypatch.setattr(sqlite3, "connect", connect_and_note)
    with running():
        wait_until(lambda: store.archive_summary().archived == 12)
    assert len(opened) <= loop.FIRST_SLOTS + 2  # readers at a time: the slots, the loop, this thread


def test_only_a_few_files_are_fetched_at_a_time(
    store: SqliteStore, vendor: Receiver, running: Running
) -> None:
    vendor.answer = lambda _: Answer(after=0.2, body=files.MP4)
    owe(store, vendor, *(f"vgen_{number}" for number in range(2 * loop.FIRST_SLOTS)))
    most = 0

    def all_kept() -> bool:
        nonlocal most
        found = store.archive_summary()
        most = max(most, len(vendor.calls) - found.archived)
        return found.waiting == 0

    with running():
        wait_until(all_kept)
    assert 1 < most <= loop.FIRST_SLOTS + 1  # one may be kept and not yet counted


@pytest.mark.slow
def test_files_whose_server_is_silent_go_to_the_back_and_leave_the_first_slots(
    store: SqliteStore, vendor: Receiver, clock: Clock, impatient: Running
) -> None:
    """More files hang than there are slots; all the others are archived, and the hanging ones wait."""
    hanging = [f"slow_{number}" for number in range(2 * loop.FIRST_SLOTS)]
    vendor.answer = lambda call: Answer(after=600) if "slow" in call.path else VIDEO
    owe(store, vendor, *hanging)
    owe(store, vendor, *(f"vgen_{number}" for number in range(10)))
    with impatient():
        wait_until(lambda: store.archive_summary().archived == 10)
        wait_until(lambda: all(each.status == "retrying" for each in store.unarchived(limit=99)))
    waiting = store.unarchived(limit=99)
    assert {each.tries for each in waiting} == {1}
    assert all(LADDER[0] * 1000 <= (each.due_at or 0) - clock.now for each in waiting)
    assert "CreativeAI's link gave no file" in waiting[0].note


def test_tries_after_the_first_have_slots_of_their_own(
    store: SqliteStore, vendor: Receiver, clock: Clock, running: Running
) -> None:
    """All later slots hang, and more wait for them; each new file is archived at once."""
    vendor.answer = lambda call: Answer(after=600) if "slow" in call.path else VIDEO
    owe(store, vendor, *(f"slow_{number}" for number in range(3 * loop.LATER_SLOTS)))
    for _ in range(2):  # they were in hand when a process died
        store.claim_copies(now=clock.now, lease_until=clock.now + 1, first=99, later=99)
        clock.now += 1
    with running():
        wait_until(lambda: len(vendor.calls) == loop.LATER_SLOTS)
        owe(store, vendor, *(f"vgen_{number}" for number in range(2 * loop.FIRST_SLOTS)))
        wait_until(lambda: store.archive_summary().archived == 2 * loop.FIRST_SLOTS)
        slow = [call for call in vendor.calls if "slow" in call.path]
        assert len(slow) == loop.LATER_SLOTS
        vendor.close()  # ends those that hang


def test_a_dead_link_is_failed_at_once_and_nobody_waits_any_longer(
    store: SqliteStore, vendor: Receiver, running: Running
) -> None:
    vendor.answer = lambda _: Answer(410)
    with running():
        owe(store, vendor)
        wait_until(lambda: store.archive_summary().failed)
    (failed,) = store.unarchived(limit=5)
    assert "has expired (answer 410)" in failed.note
    (claimed,) = claim(store, SHEET, at=NOW).deliveries
    assert claimed.copies == ()


def test_a_vendor_in_trouble_is_asked_again_up_the_ladder_and_given_up_at_its_end(
    store: SqliteStore, vendor: Receiver, clock: Clock, running: Running
) -> None:
    vendor.answer = lambda _: Answer(503)
    owe(store, vendor)
    with running():
        for step, seconds in enumerate(LADDER, 1):
            (waiting,) = wait_until(
                lambda step=step: [w for w in store.unarchived(limit=5) if w.tries == step]
            )
            assert waiting.due_at
            assert seconds * 1000 <= waiting.due_at - clock.now <= seconds * 1200
            clock.now = waiting.due_at
            store.notify()
        wait_until(lambda: store.archive_summary().failed)
    (failed,) = store.unarchived(limit=5)
    assert failed.note.endswith(f"Given up after {len(LADDER) + 1} attempts over three days.")
    assert len(vendor.calls) == len(LADDER) + 1


@pytest.mark.parametrize("tries", [0, 5])
def test_a_vendor_that_asks_to_wait_is_left_alone_so_long_and_no_shorter_than_the_ladder(
    store: SqliteStore, vendor: Receiver, clock: Clock, running: Running, tries: int
) -> None:
    vendor.answer = lambda _: Answer(503, headers={"Retry-After": "600"})
    owe(store, vendor)
    for _ in range(tries):  # as many processes that died with it in hand
        store.claim_copies(now=clock.now, lease_until=clock.now + 1, first=1, later=1)
        clock.now += 1
    with running():
        (waiting,) = wait_until(
            lambda: [w for w in store.unarchived(limit=5) if w.note.startswith("CreativeAI's link answered")]
        )
    assert waiting.due_at
    seconds = max(600, LADDER[tries])
    assert seconds * 1000 <= waiting.due_at - clock.now <= seconds * 1200


def test_what_is_in_hand_at_a_stop_is_finished(
    store: SqliteStore, vendor: Receiver, running: Running
) -> None:
    vendor.answer = lambda _: Answer(after=0.3, body=files.MP4)
    owe(store, vendor)
    with running():
        wait_until(lambda: vendor.calls)
    assert store.archive_summary().archived == 1


def test_what_takes_too_long_at_a_stop_is_given_back_untouched(
    store: SqliteStore, vendor: Receiver, running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ArchiveWorker, "grace_seconds", 0.1)
    vendor.answer = lambda _: Answer(after=60, body=files.MP4)
    owe(store, vendor)
    with running():
        wait_until(lambda: vendor.calls)
    ((again,), _) = store.claim_copies(now=NOW, lease_until=NOW + 1, first=5, later=5)
    assert (again.tries, again.token) == (0, 2)


def test_a_long_download_keeps_its_lease(
    store: SqliteStore, vendor: Receiver, clock: Clock, running: Running
) -> None:
    vendor.answer = lambda _: Answer(after=60, body=files.MP4)
    owe(store, vendor)
    with running() as archiver:
        wait_until(lambda: vendor.calls)
        clock.now += 4_000
        archiver._waiter.wake()
        wait_until(
            lambda: (
                store.claim_copies(now=NOW, lease_until=NOW, first=0, later=1)[1] == NOW + 4_000 + LEASE_MS
            )
        )
        vendor.close()  # ends the download


def test_a_bug_of_ours_is_logged_and_tried_again(
    store: SqliteStore, vendor: Receiver, running: Running, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    vendor.answer = lambda _: VIDEO
    clock.now = 260_000_000_000_000  # the year 10209, which no calendar here has a name for
    accept_held(store, result(outputs=(Output(vendor.url("/vgen_1.mp4")),)), at=clock.now)
    with running():
        wait_until(lambda: [w for w in store.unarchived(limit=5) if w.status == "retrying"])
    (waiting,) = store.unarchived(limit=5)
    assert "has an internal error (" in waiting.note
    assert "archiving failed" in caplog.text


def test_a_file_that_stopped_the_relay_each_time_is_not_fetched_for_ever(
    store: SqliteStore, vendor: Receiver, clock: Clock, running: Running
) -> None:
    owe(store, vendor)
    for _ in range(len(LADDER) + 2):  # as many processes that died with it in hand
        store.claim_copies(now=clock.now, lease_until=clock.now + 1, first=1, later=1)
        clock.now += 1
    with running():
        wait_until(lambda: store.archive_summary().failed)
    assert vendor.calls == []
    (failed,) = store.unarchived(limit=5)
    assert failed.note.startswith("The relay was interrupted each time")
