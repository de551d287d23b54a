"""A connection breaks and an admin fixes it with nothing but the pages."""

from collections.abc import Iterator
from pathlib import Path

import pytest

import sandbox as sandboxes
from sandbox import Sandbox
from tests.web.connecting import REFUSED, TOKEN, add_airtable, local, reader_over_the_wire, records
from tests.web.site import PASSWORD
from tests.wire import Connection, RelayProcess, generation, signed, wait_until


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    running = sandboxes.serve()
    yield running
    running.stop()


def test_a_refused_token_is_found_and_fixed_and_pending_deliveries_arrive(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    """Through pages alone, with the relay as it runs anywhere."""
    given = local(sandbox) | {"ADMIN_PASSWORD": PASSWORD, "SECRET_KEY": "a key of this test, long enough"}
    with RelayProcess(tmp_path / "data", given) as relay:
        reader = reader_over_the_wire(relay)
        add_airtable(reader, REFUSED)
        with Connection(relay.port) as vendor:
            for number in range(3):
                assert vendor.post(signed(generation(f"vgen_{number}"))).status == 202
        wait_until(lambda: "Paused" in reader.open("/connections").words)
        assert "Airtable answered 401" in reader.page.words
        reader.follow("table")
        assert "Deliveries to table are kept until" in reader.page.words
        assert "3 pending deliveries" in reader.page.words
        assert "table stays paused" in reader.press("Resume connection").words
        reader.follow("Fix connection")
        page = reader.press("Save changes", token=TOKEN)
        assert "table is saved and works: " in page.words
        assert 'The table "Videos" has the columns.' in page.words
        wait_until(lambda: len(records(sandbox)) == 3)
        wait_until(lambda: "Pending 0" in reader.open("/connections").words)
        assert "Ready" in reader.page.words
        log = relay.log.read_text()
    assert records(sandbox) == {f"vgen_{number}": ["completed"] for number in range(3)}
    assert not [page for page in reader.seen if TOKEN in page.text or REFUSED in page.text]
    assert TOKEN not in log
    assert REFUSED not in log
