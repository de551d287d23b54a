"""However many deliveries are sent again, no transaction is long, and webhooks are accepted in between."""

import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from relay.models.delivery import Selection
from relay.store.sql.replay import STEP
from relay.store.sqlite.store import SqliteStore
from tests.store.contract.make import NOW, accept, claim_one, ended, result
from tests.store.template import new_database

MANY = 20_000
COPIED = """
with recursive number(n) as (select 1 union all select n + 1 from number where n < :many)
insert into {table} ({columns}) select {values} from {table} cross join number
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    new_database(tmp_path / "relay.db")
    return tmp_path / "relay.db"


@pytest.fixture
def store(path: Path) -> Iterator[SqliteStore]:
    with closing(SqliteStore(path)) as store:
        accept(store, result("vgen_0"))
        store.settle([ended(claim_one(store))])
        with store._engine.write() as db:
            for table, own in (
                ("generation", ("id",)),
                ("result", ("id", "generation_id")),
                ("delivery", ()),
            ):
                columns = [row["name"] for row in db.execute(f"pragma table_info({table})")]
                numbered = {"delivery": ("id", "generation_id", "result_id")}.get(table, own)
                values = [f"{name} || '_' || n" if name in numbered else name for name in columns]
                text = COPIED.format(table=table, columns=", ".join(columns), values=", ".join(values))
                db.execute(text, {"many": MANY - 1})
        yield store


@pytest.mark.slow
def test_no_transaction_makes_more_than_a_step_of_deliveries_due(store: SqliteStore) -> None:
    rows, largest = 0, 0

    def count(text: str) -> None:
        nonlocal rows, largest
        rows = rows + 1 if text.startswith("update delivery") else 0 if text == "begin immediate" else rows
        largest = max(largest, rows)

    store._engine._writing().set_trace_callback(count)
    assert store.replay(Selection(status="delivered"), now=NOW + 1) == MANY
    assert largest == STEP
    assert store.replay(Selection(status="delivered"), now=NOW + 1, dry=True) == 0


@pytest.mark.slow
def test_webhooks_are_accepted_while_all_are_sent_again(store: SqliteStore, path: Path) -> None:
    """By another process as well, whose patience is far shorter than the whole takes."""
    done, accepted = threading.Event(), 0
    replaying = threading.Thread(
        target=lambda: (store.replay(Selection(status="delivered"), now=NOW + 1), done.set())
    )
    with closing(SqliteStore(path, busy_seconds=0.3)) as web:
        replaying.start()
        while not done.is_set():
            accept(web, result(f"vgen_web_{accepted}"), at=NOW + 2)
            accept(store, result(f"vgen_worker_{accepted}"), at=NOW + 2)
            accepted += 1
        replaying.join(10)
    assert accepted >= 5
