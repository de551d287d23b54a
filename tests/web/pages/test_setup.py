"""Setup looks at each part the way it will be used: over the network, through the public address."""

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from werkzeug.serving import make_server

from tests import postgres
from tests.loopback import answer, loopback
from tests.web.conftest import OpenSite
from tests.web.site import N8N, PASSWORD, Site
from tests.wire import free_port, generation

API_KEY = "sk-the-vendors-key"
MODELS = json.dumps({"data": [{"id": "kling-v3"}, {"id": "seedance"}]}).encode()


@contextmanager
def served(site: Site, port: int) -> Iterator[None]:
    """As the internet reaches it."""
    server = make_server("127.0.0.1", port, site.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()


def card(site: Site, name: str) -> str:
    page = site.page("/setup").text
    found = re.search(rf'<li class="panel" id="{name}">.*?</li>', page, re.DOTALL)
    assert found
    return found[0]


def done(site: Site) -> str:
    found = re.search(r"(\d) of 6 done", site.page("/setup").text)
    return found[1] if found else ""


def test_the_address_and_the_key_are_tried_and_the_key_is_not_shown(open_site: OpenSite) -> None:
    port = free_port()
    with loopback(answer("200 OK", MODELS, "Content-Type: application/json")) as vendor:
        site = open_site(
            PUBLIC_URL=f"http://127.0.0.1:{port}",
            CREATIVEAI_API_KEY=API_KEY,
            ORIGIN_MAP=f"https://api.creativeai.run={vendor.url}",
        )
        assert "Not checked" in card(site, "address")
        with served(site, port):
            answered = site.client.post("/setup/check")
    assert (answered.status_code, answered.location) == (303, "/setup")
    assert "reaches this relay." in card(site, "address")
    assert "offers 2 models." in card(site, "key")
    assert "Set by the host" in card(site, "key")
    assert API_KEY not in site.page("/setup").text
    assert b"Authorization: Bearer " + API_KEY.encode() in vendor.requests[0]


def test_what_does_not_work_says_why_and_what_is_next(open_site: OpenSite) -> None:
    with loopback(answer("401 Unauthorized", b'{"error": {"message": "Bad key"}}')) as vendor:
        site = open_site(
            PUBLIC_URL=f"http://127.0.0.1:{free_port()}",
            CREATIVEAI_API_KEY=API_KEY,
            ORIGIN_MAP=f"https://api.creativeai.run={vendor.url}",
        )
        site.sign_in()
        page = site.client.post("/setup/check", follow_redirects=True).text
    assert "Some checks failed." in page
    assert "was not reached, so webhooks will not arrive" in card(site, "address")
    assert "Set PUBLIC_URL" in card(site, "address")
    assert "Needs attention" in card(site, "key")
    assert "Compare CREATIVEAI_API_KEY" in card(site, "key")
    assert API_KEY not in page


def test_a_check_of_another_address_counts_for_nothing(open_site: OpenSite) -> None:
    site = open_site(PUBLIC_URL="https://new.example.com")
    old = {"ok": True, "message": "Reached.", "todo": "", "about": "https://old.example.com", "at": 1}
    site.store.put_setting("setup.address", json.dumps(old))
    assert "Not checked" in card(site, "address")


def test_without_address_and_key_each_says_what_to_set(site: Site) -> None:
    assert "PUBLIC_URL is not set" in card(site, "address")
    assert "CREATIVEAI_API_KEY" in card(site, "key")
    site.client.post("/setup/check")
    assert site.store.settings() == {}, "there was nothing to look at"


def test_a_signed_test_goes_through_the_public_address_and_is_seen_to_come(open_site: OpenSite) -> None:
    port = free_port()
    site = open_site(PUBLIC_URL=f"http://127.0.0.1:{port}")
    assert "No webhook received yet." in card(site, "signed")
    with served(site, port):
        page = site.client.post("/setup/signed", follow_redirects=True).text
    assert "accepted the test webhook, signed with CREATIVEAI_WEBHOOK_SECRET" in page
    assert "OK" in card(site, "signed")


def test_a_signed_test_that_cannot_get_there_says_so(open_site: OpenSite) -> None:
    site = open_site(PUBLIC_URL=f"http://127.0.0.1:{free_port()}")
    site.sign_in()
    page = site.client.post("/setup/signed", follow_redirects=True).text
    assert "was not reached" in page
    assert "Fix the public address first" in page


def test_any_accepted_webhook_shows_that_signatures_work(site: Site) -> None:
    assert site.post(generation("vgen_1", "completed")).status_code == 202
    assert "The latest webhook was signed with CREATIVEAI_WEBHOOK_SECRET." in card(site, "signed")


def test_a_sample_makes_the_first_result_once_and_shows_it(site: Site) -> None:
    assert "No completed job yet." in card(site, "job")
    places = {site.client.post("/setup/sample", data={"key": "1"}).location for _ in range(2)}
    (place,) = places
    assert site.client.get(place).status_code == 200
    assert (site.count("job"), site.count("delivery")) == (1, 1)
    assert "OK" in card(site, "job")
    assert "The latest webhook was signed" not in card(site, "signed"), "nobody signed a sample"


def test_connections_are_counted_as_they_stand(open_site: OpenSite) -> None:
    assert "Ready: webhook." in card(open_site(**N8N), "connections")


def test_nothing_connected_is_said(open_site: OpenSite) -> None:
    assert "No connections yet" in card(open_site(), "connections")


def test_storage_says_where_the_data_lives_and_whether_it_lasts(open_site: OpenSite) -> None:
    kept = card(open_site(), "storage")
    assert "OK" in kept
    assert "relay.db), on this machine." in kept
    wiped = card(open_site(DYNO="web.1"), "storage")
    assert "Needs attention" in wiped
    assert "relay.db), and Heroku wipes its disk at least once a day" in wiped
    assert "Add Heroku Postgres" in wiped


def test_storage_names_what_keeps_files_where_the_disk_does_not(open_site: OpenSite) -> None:
    wiped = card(open_site(DYNO="web.1"), "storage")
    assert "CreativeAI&#39;s, which expire after 7 days" in wiped
    for name in ("BUCKET", "ENDPOINT", "ACCESS_KEY_ID", "SECRET_ACCESS_KEY"):
        assert f"ARCHIVE_S3_{name}" in wiped
    assert "ARCHIVE_S3" not in card(open_site(), "storage")


def test_without_an_address_the_one_of_this_page_is_named_where_the_internet_reaches_it(
    open_site: OpenSite,
) -> None:
    site, here = open_site(), "https://my-relay.herokuapp.com"
    site.client.post("/login", data={"password": PASSWORD}, base_url=here)
    assert f"its https address, {here} perhaps, and" in site.client.get("/setup", base_url=here).text
    assert "its https address and" in site.page("/setup").text


def test_with_postgres_the_data_stays_and_so_does_a_generated_key(
    open_site: OpenSite, postgres_server: postgres.Server
) -> None:
    url = postgres.new_database(postgres_server)
    site = open_site(DATABASE_URL=url, DYNO="web.1")
    assert "The data is in the Postgres database relay_" in card(site, "storage")
    assert "generated SECRET_KEY is kept there too" in card(site, "storage")
    assert "are lost with it" not in site.page("/").text
    assert "The generated <code>SECRET_KEY</code> is in it" in site.page("/settings").text
    assert site.client.get("/readyz").status_code == 200
    own = open_site(DATABASE_URL=url, DYNO="web.1", SECRET_KEY="a key of the host's own")
    assert "SECRET_KEY" not in card(own, "storage")


def test_the_progress_counts_what_works(site: Site) -> None:
    assert done(site) == "2", "connections and storage"
    site.client.post("/setup/sample", data={"key": "1"})
    assert done(site) == "3"


@pytest.mark.parametrize("path", ["check", "signed", "sample"])
def test_nothing_is_tried_for_a_stranger_or_another_site(site: Site, path: str) -> None:
    assert site.client.post(f"/setup/{path}").status_code == 401
    site.sign_in()
    foreign = {"Sec-Fetch-Site": "cross-site"}
    assert site.client.post(f"/setup/{path}", headers=foreign).status_code == 403
    assert site.count("event") == 0


def test_what_is_at_risk_has_a_card_of_its_own_and_nothing_else_has(open_site: OpenSite) -> None:
    assert 'id="safety"' not in open_site().page("/setup").text
    at_risk = open_site(
        PUBLIC_URL="https://relay.example.com",
        CREATIVEAI_WEBHOOK_SECRET="sandbox-signing-secret",
        ORIGIN_MAP="https://api.creativeai.run=http://127.0.0.1:9000",
    )
    shown = card(at_risk, "safety")
    assert "Needs attention" in shown
    assert "CREATIVEAI_WEBHOOK_SECRET is a secret of the sandbox" in shown
    assert "ORIGIN_MAP is set" in shown


def test_a_known_secret_that_was_entered_on_the_page_is_at_risk_too(open_site: OpenSite) -> None:
    site = open_site(PUBLIC_URL="https://relay.example.com")
    site.sign_in()
    site.client.post("/settings/secret", data={"webhook_secret": "sandbox-signing-secret"})
    assert "is a secret of the sandbox" in card(site, "safety")
