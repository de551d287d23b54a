"""Several processes write at the same moment: nothing is done twice, and no limit is exceeded.

Each handle stands for a process: it has connections of its own, and the server cannot tell the difference.
"""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace

import pytest

from relay.errors import ShareError
from relay.models.archive import CopySettlement, CopyStatus
from relay.models.connection import Route
from relay.models.core import AcceptedEvent, Output, RoutedResult
from relay.models.delivery import ClaimedDelivery, Settlement
from relay.models.job import JobStatus
from relay.models.queue import CallResult
from relay.store.contract.admin import NewShareLink
from relay.store.postgres.connections import connect
from relay.store.postgres.store import PostgresStore
from relay.store.sql.settle import settle
from tests.store.contract import OpenStore
from tests.store.contract.accept import arrival
from tests.store.contract.jobs import create, new_job, submission
from tests.store.contract.make import LEASE, NOW, SHEET, SHOP, accept, accept_many, ended, event, result
from tests.wire import wait_until

HANDLES = 4


@pytest.fixture
def handles(open_store: OpenStore) -> list[PostgresStore]:
    return [open_store() for _ in range(HANDLES)]  # type: ignore[misc]


def together(work: Callable[[int], object], count: int = HANDLES) -> None:
    """`work(0)`, `work(1)` ... begin at the same moment. Raises what the first one raised."""
    start, faults = threading.Barrier(count), []

    def run(number: int) -> None:
        start.wait()
        try:
            work(number)
        except BaseException as error:
            faults.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    if faults:
        raise faults[0]


def real_now() -> int:
    return time.time_ns() // 1_000_000


# -- claims


@pytest.mark.slow
def test_no_delivery_is_claimed_twice(handles: list[PostgresStore]) -> None:
    routes = [
        Route("a", "webhook", "host:1", concurrency=3),
        Route("b", "webhook", "host:1", concurrency=3),
        Route("c", "webhook", "host:2", concurrency=2),
    ]
    accept_many(handles[0], 60, to=routes)
    claimed: list[str] = []

    def work(number: int) -> None:
        store, settled, idle = handles[number], [], 0
        while idle < 5:
            now = real_now()
            claim = store.claim(
                routes, now=now, lease_until=now + 60_000, worker=f"worker {number}", settled=settled
            )
            assert not claim.stale
            claimed.extend(each.delivery_id for each in claim.deliveries)
            settled = [ended(each, at=now) for each in claim.deliveries]
            idle = 0 if settled else idle + 1
            time.sleep(0.001 if settled else 0.01)

    together(work)
    assert (len(claimed), len(set(claimed))) == (180, 180)
    assert {each.status for each in handles[0].deliveries(limit=200)} == {"delivered"}


@pytest.mark.slow
def test_leases_of_all_processes_together_are_never_more_than_the_target_allows(
    handles: list[PostgresStore],
) -> None:
    """Counted in the database while they work. Two connections call one target, and count together."""
    routes = [Route("a", "webhook", "host:1", concurrency=3), Route("b", "webhook", "host:1", concurrency=3)]
    accept_many(handles[0], 40, to=routes)
    done, most = threading.Event(), 0

    def work(number: int) -> None:
        nonlocal most
        if number == HANDLES - 1:
            with handles[number]._engine.read() as db:
                while not done.is_set():
                    row = db.execute(
                        "select count(*) as n from delivery where leased_until is not null"
                    ).fetchone()
                    most = max(most, row["n"] if row else 0)
            return
        store, idle = handles[number], 0
        while idle < 5:
            now = real_now()
            found = store.claim(routes, now=now, lease_until=now + 60_000, worker=str(number)).deliveries
            store.settle([ended(each, at=now) for each in found])
            idle = 0 if found else idle + 1
            time.sleep(0.001)
        done.set()

    together(work)
    assert 1 <= most <= 3


@pytest.mark.slow
def test_all_processes_together_keep_to_the_pace(handles: list[PostgresStore]) -> None:
    """On one clock, which they share."""
    paced = Route("paced", "webhook", "host:1", calls_per_second=50, concurrency=8)
    accept_many(handles[0], 25, to=(paced,))
    times: list[int] = []

    def work(number: int) -> None:
        idle = 0
        while idle < 40:
            now = real_now()
            found = (
                handles[number]
                .claim([paced], now=now, lease_until=now + 60_000, worker=str(number))
                .deliveries
            )
            times.extend(now for _ in found)
            handles[number].settle([ended(each, at=now) for each in found])
            idle = 0 if found else idle + 1
            time.sleep(0.002)

    together(work)
    assert len(times) == 25
    steps = [later - earlier for earlier, later in zip(sorted(times), sorted(times)[1:], strict=False)]
    assert min(steps) >= 20


def test_a_lease_that_ran_out_is_taken_over_and_not_settled_too(
    url: str, handles: list[PostgresStore]
) -> None:
    """Its holder comes back between the look and the new lease."""
    one, other = handles[:2]
    accept(one, result())
    (held,) = one.claim([SHEET], now=NOW, lease_until=NOW + 10).deliveries
    refused: list[Settlement] = []
    settling = threading.Thread(target=lambda: refused.extend(other.settle([ended(held, at=NOW + 11)])))
    with one._database.write(alongside=True) as db:
        (row,) = db.fetch_all("due_deliveries", {"connection": "sheet", "now": NOW + 11, "limit": 1})
        settling.start()
        wait_until(lambda: not settling.is_alive() or is_waited_for(url))
        lease = {"id": row["id"], "lease_until": NOW + 60_000, "worker": "one", "interrupted": 1}
        db.execute("lease_delivery", lease)
    settling.join(30)
    assert [each.delivery_id for each in refused] == [held.delivery_id]


def test_what_a_connector_remembers_is_of_the_one_who_has_the_lease(
    url: str, handles: list[PostgresStore]
) -> None:
    one, other = handles[:2]
    accept(one, result())
    (held,) = one.claim([SHEET], now=NOW, lease_until=NOW + 10).deliveries
    assert not other.claim([SHEET], now=NOW, lease_until=NOW + 10).deliveries  # the first one checks clocks
    found: list[ClaimedDelivery] = []

    def take_over() -> None:
        found.extend(other.claim([SHEET], now=NOW + 11, lease_until=NOW + 60_000).deliveries)

    taking = threading.Thread(target=take_over)
    with one._database.write(alongside=True) as db:
        assert db.fetch_one("holds_lease", {"id": held.delivery_id, "token": held.token})
        taking.start()
        taking.join(30)
        assert not found, "it is passed by as long as its holder writes"
    take_over()
    assert len(found) == 1


def is_waited_for(url: str) -> bool:
    """Whether a transaction waits for a lock of another."""
    with closing(connect(url)) as connection:
        (row,) = connection.execute(
            "select count(*) as number from pg_stat_activity"
            " where datname = current_database() and wait_event_type = 'Lock'"
        )
    return bool(row["number"])


# -- accepting


@pytest.mark.slow
def test_webhooks_that_come_to_several_processes_at_once_are_each_new_once(
    handles: list[PostgresStore],
) -> None:
    """In batches of their own order, as the vendor's repeats come by other ways."""
    answers: list[tuple[str, AcceptedEvent]] = []

    def work(number: int) -> None:
        names = [f"vgen_{each}" for each in range(60)]
        random.Random(number).shuffle(names)
        for batch in (names[:30], names[30:]):
            accepted = handles[number].accept_all([arrival(result(name)) for name in batch])
            assert not [each for each in accepted if isinstance(each, Exception)]
            answers.extend(zip(batch, accepted, strict=True))  # type: ignore[arg-type]

    together(work)
    new = Counter(name for name, answer in answers if answer.new)
    assert (len(new), set(new.values())) == (60, {1})
    assert len(handles[0].deliveries(limit=200)) == 60
    assert sum(each.repeats for each in handles[0].events(limit=100)) == 60 * (HANDLES - 1)


@pytest.mark.slow
def test_a_job_is_done_when_its_last_result_is_there_whoever_takes_it(handles: list[PostgresStore]) -> None:
    """Two batches whose videos come to all processes at once, in batches of their own order."""
    store = handles[0]
    sent_jobs: list[tuple[str, str]] = []
    for number in range(2):
        create(store, kind="video-batch", expected_results=12, videos=12)
        call = submission(store)
        names = tuple(f"vgen_{number}_{each}" for each in range(12))
        store.keep_result(CallResult(call, NOW, f"batch_{number}", names, None, "response"), [])
        sent_jobs += [(name, call.reference) for name in names]
    faults: list[object] = []

    def work(number: int) -> None:
        mine = sent_jobs[number::HANDLES]
        random.Random(number).shuffle(mine)
        for begin in range(0, len(mine), 3):
            arrivals = []
            for name, reference in mine[begin : begin + 3]:
                came, routed = arrival(result(name, credits=30))
                arrivals.append((replace(came, reference=reference), routed))
            accepted = handles[number].accept_all(arrivals)
            faults.extend(each for each in accepted if isinstance(each, Exception))

    together(work)
    assert faults == []
    assert [job.status for job in store.jobs(limit=5)] == [JobStatus.COMPLETED] * 2
    assert len(store.deliveries(limit=50)) == 24


def test_thousands_that_arrive_together_take_few_locks(url: str, handles: list[PostgresStore]) -> None:
    """The server has room for some thousand of all transactions together."""
    with handles[0]._database.write(alongside=True) as db:
        db.lock(*(f"event {number}" for number in range(5000)), *(f"generation {n}" for n in range(5000)))
        with closing(connect(url)) as connection:
            (row,) = connection.execute("select count(*) as number from pg_locks where locktype = 'advisory'")
    assert row["number"] <= 2 * 128 + 1


def test_a_webhook_is_accepted_while_another_process_writes(handles: list[PostgresStore]) -> None:
    one, other = handles[:2]
    with one._database.write(alongside=True):
        assert accept(other, result(), to=(SHEET,)).new
        with pytest.raises(Exception, match="busy"), other._database.write(patience=0.05):
            pass  # this one would have to be alone


# -- budgets and copies


@pytest.mark.slow
def test_an_arrival_and_a_worker_that_wait_for_each_other_are_both_written(
    url: str, handles: list[PostgresStore]
) -> None:
    """A later status skips two deliveries that a worker is just writing down, in the other order. The server
    gives up the one that has waited longer, and that is the arrival: it is written again."""
    one, other = handles[:2]
    accept(one, result(status="processing"), to=(SHEET, SHOP))
    claimed = one.claim([SHEET, SHOP], now=NOW, lease_until=NOW + LEASE).deliveries
    held = {each.connection: each for each in claimed}
    accepted: list[AcceptedEvent] = []

    def arrive() -> None:
        accepted.append(accept(other, result(), to=(SHEET,), at=NOW + 1))

    arriving = threading.Thread(target=arrive)
    with one._database.write(alongside=True) as db:
        assert settle(db, [ended(held["shop"])]) == []
        arriving.start()
        wait_until(lambda: is_waited_for(url))
        assert settle(db, [ended(held["sheet"])]) == []
    arriving.join(30)
    assert [each.new for each in accepted] == [True]
    found = {(each.result_status, each.connection): each.status for each in one.deliveries(limit=10)}
    assert found == {
        ("processing", "sheet"): "delivered",
        ("processing", "shop"): "delivered",
        ("completed", "sheet"): "pending",
    }


@pytest.mark.slow
def test_a_budget_holds_over_all_processes(handles: list[PostgresStore]) -> None:
    share = handles[0].add_share(NewShareLink("Ann", "text-to-video", {}, budget=300), now=NOW)
    made: list[str] = []

    def work(number: int) -> None:
        for _ in range(6):
            try:
                (job,) = handles[number].create_jobs([new_job(share_link_id=share, estimate=60)], now=NOW)
                made.append(job.job_id)
            except ShareError:
                pass

    together(work)
    assert len(made) == 5


def outputs() -> Iterator[Output]:
    return (Output(f"https://cdn.test/{number}.png", "image/png") for number in range(HANDLES))


def test_the_last_copy_releases_what_waited_for_all_of_them(handles: list[PostgresStore]) -> None:
    """Also where each of them believes that another one is still under way."""
    for round_ in range(5):
        held = result(f"vgen_{round_}", outputs=tuple(outputs()))
        handles[0].accept(event(held), [RoutedResult(held, ("sheet",), held_until=NOW + 900_000)])
        copies, _ = handles[0].claim_copies(now=NOW, lease_until=NOW + 60_000, first=HANDLES, later=0)
        assert len(copies) == HANDLES

        def settle(number: int, copies: Sequence[object] = copies) -> None:
            copy = copies[number]
            gone = CopySettlement(copy.result_id, copy.number, copy.token, CopyStatus.FAILED, "gone")  # type: ignore[attr-defined]
            assert handles[number].settle_copies([gone], now=NOW) == []

        together(settle)
        assert len(handles[0].claim([SHEET], now=NOW, lease_until=NOW + 60_000).deliveries) == 1
        leased = handles[0].claim([SHEET], now=NOW + 60_001, lease_until=NOW + 60_002).deliveries
        handles[0].settle([ended(each, at=NOW) for each in leased])
