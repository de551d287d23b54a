"""Probes: alive is one thing, ready another; and both answer, whatever is broken."""

import logging
import shutil
import sqlite3
from collections import namedtuple
from collections.abc import Callable
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from tests.web.site import N8N, Site
from tests.wire import generation

OpenSite = Callable[..., Site]
Usage = namedtuple("Usage", "total used free")


TOKEN = "cr_token_of_these_tests"


def known_by_token(site: Site) -> dict[str, str]:
    site.store.add_token("probe", sha256(TOKEN.encode()).hexdigest(), now=1)
    return {"Authorization": f"Bearer {TOKEN}"}


def ready(site: Site) -> tuple[int, dict[str, Any]]:
    """As the operator is told."""
    site.sign_in()
    answer = site.client.get("/readyz")
    return answer.status_code, answer.get_json()


def told_to_strangers(site: Site, **headers: str) -> tuple[int, dict[str, Any]]:
    answer = site.app.test_client().get("/readyz", headers=headers)
    return answer.status_code, answer.get_json()


def test_a_relay_at_rest_is_ready_and_nothing_waits(site: Site) -> None:
    status, body = ready(site)
    assert status == 200
    assert body["ready"] is True
    assert body["checks"] == {"database": True, "migrations": True, "disk": True}
    assert body["fault"] == ""
    assert body["oldest_due_delivery_seconds"] == 0
    assert body["free_megabytes"] > 50


def test_nobody_needs_a_password_for_probes(open_site: OpenSite) -> None:
    site = open_site(ADMIN_PASSWORD="")
    assert site.client.get("/healthz").status_code == 200
    assert site.client.get("/readyz").status_code == 200


def test_the_age_of_the_oldest_due_delivery_is_told_and_is_no_reason_to_be_unready(site: Site) -> None:
    site.post(generation("vgen_1"))
    site.post(generation("vgen_2"))
    with sqlite3.connect(site.database) as database:
        database.execute("update delivery set due_at = due_at - 3600000 where generation_id = 'vgen_1'")
    database.close()
    status, body = ready(site)
    assert status == 200
    assert 3600 <= body["oldest_due_delivery_seconds"] < 3660


def test_what_is_due_only_later_has_no_age(site: Site) -> None:
    site.post(generation("vgen_1"))
    with sqlite3.connect(site.database) as database:
        database.execute("update delivery set due_at = due_at + 3600000")
    database.close()
    assert ready(site)[1]["oldest_due_delivery_seconds"] == 0


def test_without_its_tables_it_is_alive_and_not_ready(open_site: OpenSite) -> None:
    site = open_site(migrate=False)
    assert told_to_strangers(site) == (503, {"ready": False})
    assert site.client.get("/healthz").get_json() == {"ok": True}
    site.store.migrate()
    assert ready(site)[0] == 200


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer cr_wrong", "Basic cr_token_of_these_tests"])
def test_strangers_are_told_yes_or_no_and_nothing_else(site: Site, header: str) -> None:
    known_by_token(site)
    headers = {"Authorization": header} if header else {}
    assert told_to_strangers(site, **headers) == (200, {"ready": True})
    with closing(sqlite3.connect(site.database, isolation_level=None)) as other:
        other.execute("begin immediate")
        assert told_to_strangers(site, **headers) == (503, {"ready": False})


def test_with_a_token_the_details_are_told(site: Site) -> None:
    status, body = told_to_strangers(site, **known_by_token(site))
    assert (status, body["checks"]["database"]) == (200, True)


def test_the_log_says_once_why_it_is_not_ready(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    with closing(sqlite3.connect(site.database, isolation_level=None)) as other:
        other.execute("begin immediate")
        for _ in range(3):
            told_to_strangers(site)
    told_to_strangers(site)
    found = [record for record in caplog.records if record.message == "not ready"]
    assert [("database" in vars(each)["failed"], "busy" in vars(each)["why"]) for each in found] == [
        (True, True)
    ]


def test_a_database_that_somebody_else_holds_is_not_ready_until_it_is_free(site: Site) -> None:
    site.sign_in()
    other = sqlite3.connect(site.database, isolation_level=None)
    other.execute("begin immediate")
    answer = site.client.get("/readyz")
    assert (answer.status_code, answer.get_json()["checks"]["database"]) == (503, False)
    assert "busy" in answer.get_json()["fault"]
    assert site.client.get("/healthz").status_code == 200
    other.execute("rollback")
    other.close()
    assert ready(site)[0] == 200


@pytest.mark.parametrize("content", [b"not a database" * 1000, b"SQLite format 3\x00" + b"\xff" * 5000])
def test_a_damaged_database_is_told_and_breaks_no_probe(
    open_site: OpenSite, tmp_path: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "relay.db").write_bytes(content)
    caplog.set_level(logging.WARNING)
    site = open_site(migrate=False)
    assert told_to_strangers(site, Authorization="Bearer cr_any") == (503, {"ready": False})
    assert [vars(each)["why"] != "" for each in caplog.records if each.message == "not ready"] == [True]
    assert site.client.get("/healthz").status_code == 200


def test_a_database_that_cannot_be_opened_is_told_and_breaks_no_probe(
    open_site: OpenSite, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    (tmp_path / "data" / "relay.db").mkdir(parents=True)
    assert told_to_strangers(open_site(migrate=False)) == (503, {"ready": False})
    assert ["cannot be opened" in vars(each)["why"] for each in caplog.records if each.message == "not ready"]


def test_a_folder_that_is_gone_is_not_ready(open_site: OpenSite, tmp_path: Path) -> None:
    site = open_site()
    shutil.rmtree(tmp_path / "data")
    assert told_to_strangers(site) == (503, {"ready": False})


def test_a_disk_with_hardly_any_room_is_not_ready(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the system would say of such a disk: a test cannot fill a real one."""
    site.sign_in()
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10**9, 10**9 - 40_000_000, 40_000_000))
    status, body = ready(site)
    assert (status, body["checks"]["disk"], body["free_megabytes"]) == (503, False, 40)


def test_probes_tell_no_secret(open_site: OpenSite) -> None:
    site = open_site(CREATIVEAI_API_KEY="rph_live_key_of_the_account", **N8N)
    for path in ("/healthz", "/readyz"):
        text = site.client.get(path).text
        assert "rph_live" not in text
        assert "webhook/x" not in text
