"""`/metrics`: behind a token, in Prometheus' format, true to the tables, cheap however much there is."""

import re
import sqlite3
from contextlib import closing
from hashlib import sha256

import pytest
from werkzeug.test import TestResponse

from relay.models.connection import Pause
from relay.models.delivery import Outcome
from tests.web.site import THEN, Site
from tests.wire import generation

TOKEN = "cr_token_of_these_tests"
SAMPLE = re.compile(r'(relay_\w+)(?:\{((?:\w+="(?:[^"\\\n]|\\.)*",?)*)\})? (-?[0-9.e+]+)')


@pytest.fixture
def monitored(site: Site) -> Site:
    site.store.add_token("prometheus", sha256(TOKEN.encode()).hexdigest(), now=1)
    return site


def scrape(site: Site, header: str = f"Bearer {TOKEN}") -> TestResponse:
    return site.app.test_client().get("/metrics", headers={"Authorization": header} if header else {})


def samples(site: Site) -> dict[str, float]:
    """Every line is a comment or a sample; "name{labels}" -> value."""
    answer = scrape(site)
    assert answer.status_code == 200
    assert answer.content_type == "text/plain; version=0.0.4; charset=utf-8"
    found = {}
    for line in answer.text.splitlines():
        if not re.fullmatch(r"# (HELP|TYPE) relay_\w+ .+", line):
            match = SAMPLE.fullmatch(line)
            assert match, line
            found[line.rpartition(" ")[0]] = float(match[3])
    return found


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Bearer cr_wrong", f"Basic {TOKEN}", TOKEN, f"Bearer {TOKEN}x"]
)
def test_without_a_known_token_nothing_is_counted_or_told(
    monitored: Site, header: str, connections: list[sqlite3.Connection]
) -> None:
    statements: list[str] = []
    with monitored.store._engine.read() as db:
        db.set_trace_callback(statements.append)
    answer = scrape(monitored, header)
    assert (answer.status_code, answer.headers["WWW-Authenticate"][:6]) == (401, "Bearer")
    assert "relay_" not in answer.text
    assert not [each for each in statements if "delivery" in each or "job" in each]


def test_a_revoked_token_is_none(monitored: Site) -> None:
    (token,) = monitored.store.tokens()
    monitored.store.revoke_token(token.id, now=2)
    assert scrape(monitored).status_code == 401


def test_the_session_of_a_browser_is_no_token(monitored: Site) -> None:
    monitored.sign_in()
    assert monitored.client.get("/metrics").status_code == 401


def test_what_is_open_is_counted_by_connection(monitored: Site) -> None:
    for name in ("vgen_1", "vgen_2", "vgen_3", "vgen_4"):
        monitored.post(generation(name))
    monitored.deliver()
    monitored.deliver(outcome=Outcome.FAILED)
    monitored.deliver(outcome=Outcome.RETRY)
    monitored.store.pause("webhook", Pause(since=THEN, why="401", until=None))
    found = samples(monitored)
    numbers = {
        status: found[f'relay_deliveries{{connection="webhook",status="{status}"}}']
        for status in ("pending", "retrying", "failed")
    }
    assert numbers == {"pending": 1, "retrying": 1, "failed": 1}
    assert found['relay_connection_paused{connection="webhook"}'] == 1
    assert found['relay_oldest_due_delivery_seconds{connection="webhook"}'] > 0
    assert found["relay_disk_free_bytes"] > 0
    ((received_at,),) = monitored.rows("select max(received_at) from event")
    assert found["relay_last_webhook_timestamp_seconds"] == pytest.approx(received_at / 1000)


def test_a_relay_at_rest_has_only_zeros_and_no_last_webhook(monitored: Site) -> None:
    found = samples(monitored)
    assert not any(
        value for name, value in found.items() if name.startswith(("relay_deliveries", "relay_jobs"))
    )
    assert "relay_last_webhook_timestamp_seconds" not in found


def test_a_database_that_is_held_does_not_hinder_monitoring(monitored: Site) -> None:
    with closing(sqlite3.connect(monitored.database, isolation_level=None)) as other:
        other.execute("begin immediate")
        assert samples(monitored)['relay_deliveries{connection="webhook",status="failed"}'] == 0


def test_nothing_that_was_delivered_is_read(monitored: Site) -> None:
    """Steps of SQLite's machine, with a hundred and with a thousand delivered ones."""
    for number in range(100):
        monitored.post(generation(f"vgen_{number}"))
    fill(monitored, 1)
    few = steps(monitored)
    fill(monitored, 9)
    assert monitored.count("delivery") == 1000
    assert steps(monitored) < few + 1000


def fill(site: Site, times: int) -> None:
    """Deliver all there is, and so many times as much beside it."""
    with closing(sqlite3.connect(site.database, isolation_level=None)) as database:
        database.execute("update delivery set status = 'delivered', due_at = null")
        if times > 1:
            database.execute(
                "with recursive n(i) as (select 1 union all select i + 1 from n where i < ?)"
                " insert into delivery (id, result_id, generation_id, connection, status)"
                " select id || n.i, result_id || n.i, generation_id, connection, status from delivery, n",
                (times,),
            )


def steps(site: Site) -> int:
    """In hundreds of instructions of the database's machine."""
    count = 0

    def step() -> None:
        nonlocal count
        count += 1

    with site.store._engine.read() as db:
        db.set_progress_handler(step, 100)
    assert scrape(site).status_code == 200
    with site.store._engine.read() as db:
        db.set_progress_handler(None, 0)
    return count * 100
