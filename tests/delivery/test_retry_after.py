"""Whatever a receiver writes into Retry-After, with whatever status: what is held, until when, how it ends.

The moment is Friday, 2027-01-15 08:00:01 UTC. The longest hold is a day.
"""

import pytest

from relay.delivery.attempt import attempt
from relay.http.client import Http
from relay.models.connection import Pause
from relay.retry import LADDER
from relay.store.sqlite.store import SqliteStore
from tests.delivery.destination import no_files, webhook
from tests.store.contract.make import NOW, accept, claim, claim_one, only_delivery, result
from tests.wire import Answer, Receiver

AT = NOW + 1_000
DAY, HOUR = 86_400.0, 3_600.0
TOOK = 10_000  # ms that a call may take here: the wait counts from its end

SECONDS: dict[str, float | None] = {
    "120": 120.0,
    "  120  ": 120.0,
    "2.5": 2.5,
    "0": 1.0,
    "86400": DAY,
    "86401": DAY,
    "999999999": DAY,
    "9" * 400: DAY,
    "60\r\nRetry-After: 120": 120.0,  # twice
    "120, 60": 120.0,
    "Fri, 15 Jan 2027 08:01:31 GMT": 90.0,
    "Fri, 15 Jan 2027 13:31:31 +0530": 90.0,
    "Fri, 15 Jan 2027 00:01:31 -0800": 90.0,
    "Fri, 15 Jan 2027 03:01:31 EST": 90.0,
    "Fri, 15 Jan 2027 08:01:31": 90.0,
    "Friday, 15-Jan-27 08:01:31 GMT": 90.0,
    "Fri Jan 15 08:01:31 2027": 90.0,
    "Fri, 15 Jan 2027 07:00:00 GMT": 1.0,  # past
    "Thu, 01 Jan 1970 00:00:00 GMT": 1.0,
    "Fri, 31 Dec 9999 23:59:59 GMT": DAY,
    "-5": None,
    "1e3": None,
    "NaN": None,
    "inf": None,
    "soon": None,
    "120 seconds": None,
    "\u0661\u0662\u0660": None,  # 120 in Arabic digits
    "Fri, 45 Jan 2027 08:01:31 GMT": None,
    "": None,
}


def pause_after(store: SqliteStore, http: Http, receiver: Receiver, status: int, header: str) -> Pause | None:
    """What is shown of the connection after one call, which is answered so."""
    receiver.answer = lambda _: Answer(status, headers={"Retry-After": header})
    hook = webhook(http, receiver.url("/hook"))
    store.update_routes([hook.connection])
    accept(store, result(), to=[hook.connection])
    claimed = claim_one(store, hook.connection, at=AT)
    store.settle([attempt(claimed, hook, store, lambda: AT, files=no_files)])
    return store.pauses().get("webhook")


def ends_at(store: SqliteStore, http: Http, receiver: Receiver, until: int) -> bool:
    """Nothing is sent a millisecond before, and everything then."""
    route = webhook(http, receiver.url("/hook")).connection
    accept(store, result("vgen_2"), to=[route], at=AT)
    before = claim(store, route, at=until - 1).deliveries
    return not before and len(claim(store, route, at=until).deliveries) >= 1


@pytest.mark.heavy
@pytest.mark.parametrize("status", [429, 503, 500, 408])
@pytest.mark.parametrize("header", SECONDS, ids=lambda header: repr(header[:30]))
def test_a_refusal_holds_the_address_as_long_as_it_says_and_a_day_at_most(
    store: SqliteStore, http: Http, receiver: Receiver, header: str, status: int
) -> None:
    seconds = SECONDS[header]
    if seconds is None and status == 429:
        seconds = 30.0
    shown = pause_after(store, http, receiver, status, header)
    row = only_delivery(store)
    assert row.status == "retrying"
    if seconds is None:
        assert shown is None
        assert row.due_at is not None
        assert row.due_at - AT >= LADDER[0] * 1000, "retried as after any failure"
        return
    assert shown is not None
    assert shown.until is not None
    assert shown.held
    assert shown.why.startswith(row.note)
    assert f"127.0.0.1 answered {status}" in shown.why
    assert 0 <= shown.until - AT - seconds * 1000 <= TOOK
    assert ends_at(store, http, receiver, shown.until)
    assert store.pauses() == {}


@pytest.mark.parametrize("header", ["120", "999999999", "Fri, 31 Dec 9999 23:59:59 GMT", "soon"])
def test_with_a_delivery_it_means_nothing(
    store: SqliteStore, http: Http, receiver: Receiver, header: str
) -> None:
    assert pause_after(store, http, receiver, 200, header) is None
    assert only_delivery(store).status == "delivered"


@pytest.mark.parametrize("header", ["120", "999999999", "Fri, 31 Dec 9999 23:59:59 GMT", "soon"])
@pytest.mark.parametrize("status", [301, 302, 307, 401, 404])
def test_with_a_fault_of_the_connection_it_neither_shortens_nor_extends_the_pause(
    store: SqliteStore, http: Http, receiver: Receiver, header: str, status: int
) -> None:
    shown = pause_after(store, http, receiver, status, header)
    assert shown is not None
    assert shown.until is not None
    assert not shown.held
    assert 0 <= shown.until - AT - HOUR * 1000 <= TOOK
    assert ends_at(store, http, receiver, shown.until)


@pytest.mark.parametrize("header", ["120", "999999999"])
def test_with_a_refusal_of_this_result_alone_it_means_nothing(
    store: SqliteStore, http: Http, receiver: Receiver, header: str
) -> None:
    assert pause_after(store, http, receiver, 422, header) is None
    assert only_delivery(store).status == "failed"


def test_a_neighbour_on_the_same_host_gets_all_its_results(
    store: SqliteStore, http: Http, receiver: Receiver
) -> None:
    busy = Answer(503, headers={"Retry-After": "3600"})
    receiver.answer = lambda call: busy if call.path == "/busy" else Answer()
    hooks = [webhook(http, receiver.url(f"/{name}"), name=name) for name in ("busy", "good")]
    routes = [hook.connection for hook in hooks]
    store.update_routes(routes)
    for number in range(5):
        accept(store, result(f"vgen_{number}"), to=routes, at=NOW + number)
    by_name = {hook.connection.name: hook for hook in hooks}
    while claimed := claim(store, *routes, at=AT).deliveries:
        for each in claimed:
            store.settle([attempt(each, by_name[each.connection], store, lambda: AT, files=no_files)])
    assert len(store.deliveries(limit=10, connection="good", status="delivered")) == 5
    assert store.pauses().keys() == {"busy"}
