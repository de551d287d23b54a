"""Connections of the store: what a row of any age turns into, and who hears of a change, and when."""

import dataclasses
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from sqlite3 import connect
from typing import Any

import pytest

from relay.bootstrap.app import make_loader, make_registry, prepare
from relay.bootstrap.configuration import configure
from relay.connections.contract import ConnectionInput
from relay.connections.loader import ConnectionLoader
from relay.connections.registry import ConnectionRegistry
from relay.errors import StoreBusyError
from relay.models.connection import ConnectionState
from relay.models.core import ResultStatus
from relay.store.sqlite.store import SqliteStore
from tests.store.contract.make import NOW, accept, pause, result
from tests.store.template import new_database
from tests.web.site import N8N, Site
from tests.wire import SECRET, generation, wait_until

URL = "https://n8n.example.com/webhook/s3cr3t-path"
KEY = "the key that these tests use"


class House:
    """What one start of the relay has: its settings, store, workshop and directory, over one folder."""

    def __init__(self, folder: Path, **environ: str) -> None:
        given = {"DATA_DIR": str(folder), "CREATIVEAI_WEBHOOK_SECRET": SECRET, "SECRET_KEY": KEY}
        self.configuration = configure(given | environ)
        new_database(self.configuration.settings.database_path)
        prepare(self.configuration, now=NOW)
        self.store = SqliteStore(self.configuration.settings.database_path)
        self.workshop: ConnectionLoader = make_loader(self.configuration)
        self.seconds = 1000.0
        self.directory = ConnectionRegistry(
            self.store, self.configuration.options, self.workshop, clock=lambda: self.seconds
        )

    def add(
        self, name: str, kind: str = "webhook", wants: dict[str, str] | None = None, **values: str
    ) -> None:
        values = values or {"url": URL}
        filters = {field: words.split(",") for field, words in (wants or {}).items()}
        row, faults = self.workshop.row(
            ConnectionInput(name, kind, values, filters.get("statuses"), filters.get("kinds", ()))
        )
        assert faults == []
        assert row is not None
        assert self.store.add_connection(row)

    def write(self, name: str, **columns: object) -> None:
        """Into the row, past everything that checks."""
        with connect(self.configuration.settings.database_path) as database:
            for column, value in columns.items():
                database.execute(f"update connection set {column} = ? where name = ?", (value, name))
            database.execute("update connection_revision set number = number + 1")
        database.close()


@pytest.fixture
def open_house(tmp_path: Path) -> Iterator[Callable[..., House]]:
    opened: list[House] = []

    def open_one(**environ: str) -> House:
        opened.append(House(tmp_path / "data", **environ))
        return opened[-1]

    yield open_one
    for house in opened:
        house.store.close()


@pytest.fixture
def house(open_house: Callable[..., House]) -> House:
    return open_house()


@pytest.fixture
def open_site(tmp_path: Path) -> Iterator[Callable[..., Site]]:
    opened: list[Site] = []

    def open_one(**environ: str) -> Site:
        opened.append(Site(tmp_path / "data", **environ))
        return opened[-1]

    yield open_one
    for site in opened:
        site.close()


# ---- what a row turns into


def test_a_stored_connection_is_as_one_of_the_environment(open_house: Callable[..., House]) -> None:
    house = open_house(WEBHOOK_URL=URL, WEBHOOK_STATUSES="completed")
    house.add("n8n", wants={"statuses": "completed"})
    entries = house.directory.loaded()
    of_environment, stored = entries["webhook"].destination, entries["n8n"].destination
    assert of_environment is not None
    assert stored is not None
    assert dataclasses.replace(stored.connection, name="webhook") == of_environment.connection
    assert stored.secrets == of_environment.secrets
    assert URL in stored.secrets
    assert stored.connection.quota == stored.connector.quota


def test_there_may_be_any_number_of_a_kind(house: House) -> None:
    for number in range(20):
        house.add(f"n8n-{number}", url=f"{URL}/{number}")
    assert len(house.directory.destinations()) == 20
    assert len({each.connection.fingerprint for each in house.directory.destinations().values()}) == 20


def test_a_connection_of_the_environment_hides_a_stored_one_of_its_name(
    open_house: Callable[..., House],
) -> None:
    open_house().add("webhook")
    house = open_house(WEBHOOK_URL="https://other.example.com/x")
    assert [each.name for each in house.directory.connections()] == ["webhook"]
    assert house.directory.views()[0].from_environment
    assert "https://other.example.com/x" in house.directory.destinations()["webhook"].secrets
    assert house.directory.hidden() == ["webhook"]


BROKEN: list[dict[str, Any]] = [
    {"kind": "carrier-pigeon"},
    {"options": "{"},
    {"options": "[1]"},
    {"options": '{"from_a_newer_version": "x"}'},
    {"filters": "null"},
    {"filters": '{"statuses": "sometimes"}'},
    {"filters": '{"from_a_newer_version": 1}'},
]


@pytest.mark.heavy
@pytest.mark.parametrize("columns", BROKEN, ids=str)
def test_a_row_that_does_not_fit_stops_nothing_and_says_what_it_needs(
    house: House, columns: dict[str, Any]
) -> None:
    house.add("good")
    house.add("bad")
    house.write("bad", **columns)
    entry = house.directory.loaded()["bad"]
    assert entry.state is ConnectionState.NEEDS_ATTENTION
    assert entry.fault.endswith(".")
    assert set(house.directory.destinations()) == {"good"}
    connections = house.directory.connections()
    wanting = [each.name for each in connections if each.wants(ResultStatus.COMPLETED, "video")]
    assert wanting == ["bad", "good"], "what it wants is owed to it all the same"


@pytest.mark.heavy
@pytest.mark.parametrize(
    "columns", [{"sealed": ""}, {"sealed": "gAAAA"}, {"sealed_fields": "url,secret"}], ids=str
)
def test_secrets_that_are_not_there_are_asked_for_again(house: House, columns: dict[str, Any]) -> None:
    house.add("n8n")
    house.write("n8n", **columns)
    entry = house.directory.loaded()["n8n"]
    assert entry.state is ConnectionState.NEEDS_SECRET
    assert "Enter the secret again (url" in entry.fault


def test_rows_cannot_lend_one_another_their_secrets(house: House) -> None:
    """Whoever can write the database, but has no key, could send one's results to another's address."""
    house.add("mine")
    house.add("theirs", url="https://evil.example.com/x")
    (sealed,) = (row.sealed for row in house.store.stored_connections()[1] if row.name == "theirs")
    house.write("mine", sealed=sealed)
    assert house.directory.loaded()["mine"].state is ConnectionState.NEEDS_SECRET


def test_all_faults_of_what_was_entered_are_told_at_once_by_field(house: House) -> None:
    given = ConnectionInput(
        "Not A Name", "webhook", {"url": "ftp://x", "secret": "short", "colour": "red"}, ["x"]
    )
    row, faults = house.workshop.row(given)
    assert row is None
    assert [fault.partition(":")[0] for fault in faults] == ["name", "url", "secret", "colour", "statuses"]
    row, faults = house.workshop.row(ConnectionInput("n8n", "webhook", {}))
    assert (row, len(faults)) == (None, 1)
    assert faults[0].startswith("url: is missing. Where results are posted")


def test_filters_are_those_of_the_environment(house: House) -> None:
    house.add("n8n", wants={"statuses": "processing, failed", "kinds": "Video"})
    (connection,) = house.directory.connections()
    assert connection.statuses == {ResultStatus.PROCESSING, ResultStatus.FAILED}
    assert connection.kinds == {"video"}


# ---- keys


def test_no_secret_stands_in_the_database_in_clear(house: House) -> None:
    house.add("n8n", url=URL, secret="a signing secret that nobody may read")
    house.add("team", "slack", webhook_url="https://hooks.slack.com/services/T0/B0/s3cr3ttoken")
    folder = house.configuration.settings.database_path.parent
    content = b"".join(path.read_bytes() for path in folder.glob("relay.db*"))
    assert b"connection" in content
    for secret in (b"s3cr3t", b"nobody may read"):
        assert secret not in content


def test_a_new_key_takes_over_at_the_start_and_the_old_one_can_go(open_house: Callable[..., House]) -> None:
    open_house().add("n8n")
    before = open_house().directory.destinations()["n8n"]
    rotated = open_house(SECRET_KEY="the new key after that", SECRET_KEY_FALLBACKS=KEY)
    assert rotated.directory.destinations()["n8n"].secrets == before.secrets
    assert (
        open_house(SECRET_KEY="the new key after that").directory.destinations()["n8n"].secrets
        == before.secrets
    )
    assert open_house().directory.loaded()["n8n"].state is ConnectionState.NEEDS_SECRET


def test_a_start_with_the_same_key_writes_nothing(open_house: Callable[..., House]) -> None:
    house = open_house()
    house.add("n8n")
    revision = house.store.connections_revision()
    open_house()
    assert house.store.connections_revision() == revision


def test_with_a_lost_key_all_boots_and_results_are_still_pending(
    open_house: Callable[..., House],
    open_site: Callable[..., Site],
) -> None:
    open_house().add("n8n")
    site = open_site(SECRET_KEY="another one than that")
    assert site.post(generation("vgen_1")).status_code == 202
    assert site.deliveries() == [("vgen_1", "completed", "pending")]
    page = site.page("/connections").text
    assert "Needs secret" in page
    assert "Enter the secret again (url)" in page


def test_secrets_of_stored_connections_are_masked_in_logs(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    from relay import logs

    root = logging.getLogger()
    before = list(root.handlers)
    try:
        logs.set_up([])
        house.add("n8n")
        house.directory.destinations()
        logging.getLogger("relay.test").info("calling %s", URL)
    finally:
        root.handlers[:] = before
    assert "calling ********" in capsys.readouterr().out


# ---- changes while it runs


def test_a_change_is_seen_within_a_second_and_looked_for_once_in_it(open_house: Callable[..., House]) -> None:
    house, other = open_house(), open_house()
    looked: list[str] = []
    assert house.directory.connections() == ()
    with house.store._engine.read() as db:
        db.set_trace_callback(looked.append)
    other.add("n8n")
    house.seconds += 0.99
    for _ in range(100):
        assert house.directory.connections() == ()
        assert house.directory.destinations() == {}
    assert looked == [], "an accepted webhook costs no statement"
    house.seconds += 0.01
    assert [each.name for each in house.directory.connections()] == ["n8n"]
    assert set(house.directory.destinations()) == {"n8n"}
    assert len(looked) == 2
    house.seconds += 1
    house.directory.connections()
    assert len(looked) == 3, "nothing changed: only the revision is read"


def test_destinations_are_the_same_mapping_until_something_changes(house: House) -> None:
    house.add("n8n")
    first = house.directory.destinations()
    house.seconds += 5
    assert house.directory.destinations() is first
    house.store.pause("n8n", pause())
    house.seconds += 5
    assert house.directory.destinations() is not first, "a pause calls back what was claimed ahead"


def test_a_store_that_was_never_read_is_busy_and_later_knows_what_it_knew(
    open_house: Callable[..., House], tmp_path: Path
) -> None:
    """Otherwise a webhook would be accepted and owed to nobody."""
    house = open_house()
    house.add("n8n")
    broken = SqliteStore(tmp_path / "nowhere.db")
    never = make_registry(house.configuration, broken)
    for _ in range(2):
        with pytest.raises(StoreBusyError):
            never.connections()
    broken.close()
    known = house.directory.connections()
    house.configuration.settings.database_path.rename(tmp_path / "away")
    house.store.close()
    house.seconds += 5
    assert house.directory.connections() == known


def test_routing_opens_no_secret(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.add("n8n")
    opened: list[str] = []
    monkeypatch.setattr(type(house.workshop.vault), "open", lambda _, name, __: opened.append(name))
    assert [each.name for each in house.directory.connections()] == ["n8n"]
    assert opened == []


def test_all_results_of_one_webhook_belong_to_a_connection_or_none(
    open_site: Callable[..., Site],
    open_house: Callable[..., House],
) -> None:
    """Added while batches come in: each batch went to it as a whole, or not at all."""
    house = open_house()
    site = open_site(SECRET_KEY=KEY, **N8N)
    count = 0

    def post_batch() -> bool:
        nonlocal count
        jobs = [{"id": f"vgen_{count}_{each}", "status": "completed"} for each in range(5)]
        site.post(
            {"batch_id": f"batch_{count}", "object": "video.batch", "status": "completed", "jobs": jobs}
        )
        count += 1
        return bool(_owed(site, "late"))

    post_batch()
    house.add("late")
    wait_until(post_batch, pause=0.05)
    post_batch()
    by_batch = [name.rpartition("_")[0] for name in _owed(site, "late")]
    assert {by_batch.count(batch) for batch in by_batch} == {5}
    assert len(_owed(site, "webhook")) == 5 * count


def _owed(site: Site, connection: str) -> list[str]:
    return [
        row[0] for row in site.rows("select generation_id from delivery where connection = ?", connection)
    ]


def test_what_the_environment_takes_over_gets_results_again(open_house: Callable[..., House]) -> None:
    first = open_house()
    first.add("webhook")
    first.store.remove_connection("webhook", now=NOW, note="gone")
    house = open_house(WEBHOOK_URL=URL)
    assert accept(house.store, result(), to=list(house.directory.connections())).deliveries == 1
