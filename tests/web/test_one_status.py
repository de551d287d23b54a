"""Why a delivery or a connection waits: the same sentences in API, pages and commands, from one function."""

import re
import time
from collections.abc import Callable
from contextlib import closing
from html import unescape
from sqlite3 import connect
from typing import Any

import pytest

from relay.models.connection import Pause, Route
from relay.models.delivery import Outcome, Settlement
from tests.commands import Run
from tests.web.api.client import Caller
from tests.web.conftest import OpenSite
from tests.web.connecting import add_webhook, reader_of
from tests.web.site import N8N, Site
from tests.wire import generation

HOUR = 3_600_000
ARCHIVED = {"ARCHIVE": "local", "PUBLIC_URL": "https://relay.example.com"}
ROUTE = Route(name="webhook", kind="webhook", target="t", concurrency=1)
Cause = Callable[[Site], None]


def moment() -> int:
    return time.time_ns() // 1_000_000


def nothing(site: Site) -> None:
    site.post(generation("vgen_1"))


def a_copy(site: Site) -> None:
    nothing(site)
    with closing(connect(site.database)) as database, database:  # the seconds that it waits, made an hour
        database.execute("update delivery set due_at = due_at + ?", (HOUR,))


def settled(site: Site, status: str, outcome: Outcome, **fields: Any) -> None:
    nothing(site)
    now = moment()
    (claimed,) = site.store.claim([ROUTE], now=now + 1, lease_until=now + HOUR).deliveries
    ended = {"delivery_id": claimed.delivery_id, "connection": "webhook", "token": claimed.token}
    site.store.settle(
        [Settlement(**ended, status=status, outcome=outcome, started_at=now, milliseconds=5, **fields)]
    )


def a_call_under_way(site: Site) -> None:
    nothing(site)
    site.store.claim([ROUTE], now=moment() + 1, lease_until=moment() + HOUR)


def a_retry(site: Site) -> None:
    settled(site, "retrying", Outcome.RETRY, message="n8n answered 502.", due_at=moment() + HOUR, counts=True)


def a_failure(site: Site) -> None:
    settled(site, "failed", Outcome.FAILED, message="n8n answered 422.")


def a_delivery(site: Site) -> None:
    settled(site, "delivered", Outcome.DONE, message="n8n accepted it.")


def a_later_result(site: Site) -> None:
    site.post(generation("vgen_1", "failed"))
    site.post(generation("vgen_1"))


def a_pause(site: Site) -> None:
    nothing(site)
    site.store.pause("webhook", Pause(moment(), "holidays", None))


def a_pause_with_an_end(site: Site) -> None:
    nothing(site)
    site.store.pause("webhook", Pause(moment(), "n8n answered 401.", moment() + HOUR))


def a_hold(site: Site) -> None:
    site.store.update_routes([ROUTE])
    hold = Pause(moment(), "n8n answered 429.", moment() + HOUR, held=True)
    due_at = moment()
    settled(site, "retrying", Outcome.RETRY, message=hold.why, due_at=due_at, hold=hold, held_by="t")


def words(page: Any) -> str:
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page.text)))


@pytest.mark.heavy
@pytest.mark.parametrize(
    ("cause", "environ", "state", "reason"),
    [
        (nothing, {}, "ready", "Waiting for its turn: sent as soon as webhook takes another delivery."),
        (a_copy, ARCHIVED, "ready", "Waiting for the archived copy of its file. Sent at "),
        (a_call_under_way, {}, "ready", "Attempt 1 is under way, or begins in a moment."),
        (a_retry, {}, "ready", "n8n answered 502. The next attempt is at "),
        (a_failure, {}, "ready", "n8n answered 422. Fix the cause, then resend the delivery."),
        (a_delivery, {}, "ready", "n8n accepted it."),
        (a_later_result, {}, "ready", "A later result replaced this one: the generation is now completed."),
        (
            a_pause,
            {},
            "paused",
            ": holidays. Deliveries to webhook are kept until you resume the connection.",
        ),
        (a_pause_with_an_end, {}, "paused", ": n8n answered 401. Deliveries to webhook are kept until "),
        (a_hold, {}, "paused", ": n8n answered 429. Deliveries to webhook are kept until "),
    ],
    ids=[
        *("its turn", "a copy", "under way", "retry", "failed", "delivered", "superseded"),
        *("paused by a person", "paused until", "on hold"),
    ],
)
def test_pages_api_and_commands_say_the_same(  # noqa: PLR0917 - the table's columns
    open_site: OpenSite, run: Run, cause: Cause, environ: dict[str, str], state: str, reason: str
) -> None:
    given = {**N8N, "SECRET_KEY": "k" * 24, "ARCHIVE": "off", **environ}
    caller = Caller(open_site(**given))
    cause(caller.site)
    delivery = caller.get("/api/deliveries").json["items"][-1]
    assert reason in delivery["status_reason"]
    assert caller.get(f"/api/deliveries/{delivery['id']}").json["status_reason"] == delivery["status_reason"]
    caller.site.sign_in()
    for path in ("/deliveries", f"/deliveries/{delivery['id']}", "/connections/webhook"):
        assert delivery["status_reason"] in words(caller.site.client.get(path)), path
    assert delivery["status_reason"] in run("deliveries", **given).stdout
    all_say_the_same_of_the_connection(caller, run, given, "webhook", state)
    if state == "paused":
        assert delivery["status_reason"] == caller.get("/api/connections").json["items"][0]["reason"]


def all_say_the_same_of_the_connection(
    caller: Caller, run: Run, environ: dict[str, str], name: str, state: str
) -> None:
    (connection,) = caller.get("/api/connections").json["items"]
    assert connection["state"] == state
    for path in ("/connections", f"/connections/{name}"):
        page = words(caller.site.client.get(path))
        assert state.capitalize() in page
        assert connection["reason"] in page, path
    for command in (("connections", "list"), ("connections", "show", name)):
        said = run(*command, **environ).stdout
        assert state in said
        assert connection["reason"] in said, command
    for path in ("/", "/setup"):
        assert (state != "ready") is (
            f"{name}: {state}" in words(caller.site.client.get(path))
        ) or path != "/"
        assert connection["reason"] in words(caller.site.client.get(path)), path


def test_a_lost_secret_is_said_the_same_everywhere(open_site: OpenSite, run: Run) -> None:
    reader = reader_of(open_site(SECRET_KEY="the key before that"))
    add_webhook(reader)
    caller = Caller(open_site(SECRET_KEY="another key than that"))
    caller.site.post(generation("vgen_1"))
    caller.site.sign_in()
    all_say_the_same_of_the_connection(
        caller, run, {"SECRET_KEY": "another key than that"}, "n8n", "needs secret"
    )
    (delivery,) = caller.get("/api/deliveries").json["items"]
    assert delivery["status_reason"].startswith("Enter the secret again (url): ")
    assert delivery["status_reason"].endswith("Deliveries to n8n are kept until you fix the connection.")
