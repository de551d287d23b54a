"""What can be done with a connection on its page: change it, try it, stop it for a while, take it away."""

import time
from collections.abc import Iterator
from contextlib import closing
from sqlite3 import connect

import pytest

import sandbox as sandboxes
from sandbox import Sandbox
from tests.web.connecting import (
    REFUSED,
    SECRET_URL,
    TABLE,
    TOKEN,
    OpenSite,
    add_airtable,
    add_webhook,
    local,
    reader_of,
    records,
)
from tests.web.site import Site
from tests.wire import generation

KEPT = "Deliveries to table are kept until you fix the connection."


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    running = sandboxes.serve()
    yield running
    running.stop()


# ---- changing


def test_a_secret_that_is_left_empty_is_kept(open_site: OpenSite) -> None:
    site = open_site()
    reader = reader_of(site)
    add_airtable(reader)
    before = site.rows("select sealed, sealed_fields from connection")
    reader.open("/connections/table/edit")
    assert "Leave this field empty to keep the saved value." in reader.page.words
    assert reader.press("Save changes", table="Clips").status == 200
    assert "Clips" in reader.page.words
    (after,) = site.rows("select sealed, sealed_fields from connection")
    assert after[1] == "token"
    assert after[0] != before[0][0]  # sealed anew
    reader.open("/connections/table/edit")
    reader.press("Save changes", token="patOther.1")
    assert "table is saved, but its check failed" in reader.page.words


def test_an_optional_secret_can_be_forgotten(open_site: OpenSite) -> None:
    site = open_site()
    reader = reader_of(site)
    reader.open("/connections/new/webhook")
    reader.press("Add connection", name="n8n", url=SECRET_URL, secret="a signing secret of 24 letters")
    reader.open("/connections/n8n/edit")
    assert 'value="url"' not in reader.page.text  # what it needs is not offered
    reader.press("Save changes", taken_back=["secret"])
    assert site.rows("select sealed_fields from connection") == [("url",)]


def test_somebody_elses_change_is_not_overwritten_unseen(open_site: OpenSite) -> None:
    site = open_site()
    reader, other = reader_of(site), reader_of(site)
    add_airtable(reader)
    reader.open("/connections/table/edit")
    other.open("/connections/table/edit")
    other.press("Save changes", table="Theirs")
    page = reader.press("Save changes", table="Mine")
    assert page.status == 422
    assert "This connection was changed elsewhere since you opened it" in page.words
    assert 'value="Mine"' in page.text
    assert "Theirs" in site.rows("select options from connection")[0][0]
    assert reader.press("Save changes").status == 200  # having been told
    assert "Mine" in site.rows("select options from connection")[0][0]


def test_a_removal_by_another_admin_is_a_missing_page(open_site: OpenSite) -> None:
    site = open_site()
    reader, other = reader_of(site), reader_of(site)
    add_webhook(reader)
    other.open("/connections/n8n/remove")
    reader.open("/connections/n8n/edit")
    other.press("Remove connection")
    assert reader.press("Save changes").status == 404


def test_a_lost_secret_is_asked_for_again(open_site: OpenSite) -> None:
    first = open_site(SECRET_KEY="the first key of two")
    add_airtable(reader_of(first))
    reader = reader_of(open_site(SECRET_KEY="another key than that"))
    page = reader.open("/connections")
    assert "Needs secret" in page.words
    reader.open("/connections/table")
    reader.follow("Fix connection")
    assert "Enter it again." in reader.press("Save changes").words
    page = reader.press("Save changes", token=TOKEN)
    assert page.status == 200
    assert "are kept until you fix the connection" not in page.words


def test_what_no_longer_fits_is_fixed_in_its_form(open_site: OpenSite) -> None:
    site = open_site()
    reader = reader_of(site)
    add_airtable(reader)
    for kept in ('{"base_id": "nobase", "table": "Videos", "shape": {"a": [1]}}', "[]", "{"):
        with closing(connect(site.database)) as database, database:
            database.execute("update connection set options = ?, revision = revision + 1", (kept,))
            database.execute("update connection_revision set number = number + 1")
        assert "Needs attention" in reader.open("/connections").words
        assert KEPT in reader.open("/connections/table").words
        reader.follow("Fix connection")
        assert KEPT not in reader.press("Save changes", **TABLE).words


# ---- pausing and removing


def test_a_pause_says_why_and_ends_after_a_check(open_site: OpenSite, sandbox: Sandbox) -> None:
    site = open_site(**local(sandbox))
    reader = reader_of(site)
    add_airtable(reader)
    page = reader.press("Pause connection", why="the <table> is being sorted")
    assert "table is paused." in page.words
    assert "the <table> is being sorted" in reader.open("/connections").words
    reader.open("/connections/table")
    assert "Resume anyway" not in reader.page.words
    page = reader.press("Resume connection")
    assert "table is resumed; 0 pending deliveries are sent now." in page.words
    assert site.store.pauses() == {}


def test_a_check_that_fails_keeps_the_pause_unless_it_is_resumed_anyway(
    open_site: OpenSite, sandbox: Sandbox
) -> None:
    site = open_site(**local(sandbox))
    reader = reader_of(site)
    add_airtable(reader, REFUSED)
    page = reader.press("Resume connection")
    assert "table stays paused, because its check failed: Airtable answered 401" in page.words
    assert "table" in site.store.pauses()
    reader.press("Resume anyway")
    assert site.store.pauses() == {}


def test_removing_says_first_how_many_wait_and_skips_them(open_site: OpenSite) -> None:
    site = open_site()
    reader = reader_of(site)
    add_webhook(reader)
    site.post(generation("vgen_1"))
    page = reader.follow("Remove connection")
    assert "1 pending delivery will be skipped, not sent." in page.words
    page = reader.press("Remove connection")
    assert "n8n is removed; 1 pending delivery will not be sent." in page.words
    assert site.deliveries() == [("vgen_1", "completed", "skipped")]
    assert "No connections yet" in page.words


# ---- trying


def test_a_test_is_written_shown_and_taken_away_again(open_site: OpenSite, sandbox: Sandbox) -> None:
    reader = reader_of(open_site(**local(sandbox)))
    add_airtable(reader)
    assert 'The table "Videos" has the columns.' in reader.press("Check connection").words
    page = reader.press("Send test")
    assert "Airtable took a test record" in page.words
    assert list(records(sandbox)) != []
    page = reader.press("Remove test")
    assert "The test record is removed." in page.words
    assert "Remove test" not in page.words
    assert records(sandbox) == {}


def test_a_test_can_stay(open_site: OpenSite, sandbox: Sandbox) -> None:
    reader = reader_of(open_site(**local(sandbox)))
    add_airtable(reader)
    reader.press("Send test")
    assert "Remove test" not in reader.press("Keep test").words
    assert len(records(sandbox)) == 1


def test_a_failure_of_the_service_is_shown_in_words(open_site: OpenSite, sandbox: Sandbox) -> None:
    reader = reader_of(open_site(**local(sandbox)))
    add_airtable(reader, REFUSED)
    for button in ("Check connection", "Send test"):
        page = reader.press(button)
        assert page.status == 200
        assert "Airtable answered 401" in page.words


def test_nobody_waits_longer_than_a_person_would(site: Site) -> None:
    """The other side takes the call and never answers."""
    import socket

    from relay.bootstrap.app import make_loader, make_registry
    from relay.bootstrap.configuration import configure
    from relay.connections.admin import ConnectionAdmin

    with socket.create_server(("127.0.0.1", 0)) as deaf:
        address = f"127.0.0.1:{deaf.getsockname()[1]}"
        given = {"WEBHOOK_URL": f"http://{address}/hook", "ALLOWED_HOSTS": address, "SECRET_KEY": "x" * 24}
        configuration = configure({"DATA_DIR": str(site.database.parent)} | given)
        registry = make_registry(configuration, site.store)
        connections = ConnectionAdmin(site.store, make_loader(configuration), registry, patience=0.2)
        began = time.monotonic()
        told = connections.test("webhook", 1)
    assert not told.ok
    assert told.message.startswith("No response within 0.2 seconds.")
    assert time.monotonic() - began < 5
