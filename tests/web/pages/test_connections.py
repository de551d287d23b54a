"""Connections on pages: added and read, with every fault beside its field and no secret shown."""

from collections.abc import Iterator

import pytest

import sandbox as sandboxes
from relay.models.delivery import Outcome
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
)
from tests.web.site import N8N, Site
from tests.wire import generation


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    running = sandboxes.serve()
    yield running
    running.stop()


# ---- adding


def test_without_any_connection_the_page_says_what_happens_and_offers_each_kind(open_site: OpenSite) -> None:
    reader = reader_of(open_site())
    page = reader.open("/connections")
    assert "No connections yet" in page.words
    for title in ("Webhook", "Slack", "Airtable", "Google Sheets", "Shopify"):
        reader.open("/connections")
        assert f"Add {title}" in reader.follow(title).words


@pytest.mark.parametrize("kind", ["webhook", "slack", "airtable", "sheets", "shopify"])
def test_the_form_of_each_kind_asks_for_each_option_and_names_the_rights(
    open_site: OpenSite, kind: str
) -> None:
    import connectors

    page = reader_of(open_site()).open(f"/connections/new/{kind}")
    for name, info in connectors.connector(kind).Options.model_fields.items():
        assert f'name="{name}"' in page.text
        assert str(info.title) in page.words
        assert str(info.description) in page.words
    assert "Requirements" in page.words


def test_what_is_added_is_checked_and_gets_results_at_once(open_site: OpenSite, sandbox: Sandbox) -> None:
    site = open_site(**local(sandbox))
    page = add_airtable(reader_of(site))
    assert page.status == 200
    assert (
        "table works and gets results from now on: completed and failed of all types. The table" in page.words
    )
    assert site.store.pauses() == {}
    assert site.post(generation("vgen_1")).status_code == 202
    assert site.deliveries() == [("vgen_1", "completed", "pending")]


def test_what_does_not_work_is_kept_and_gets_nothing_until_it_is_fixed(
    open_site: OpenSite, sandbox: Sandbox
) -> None:
    site = open_site(**local(sandbox))
    reader = reader_of(site)
    page = add_airtable(reader, REFUSED)
    assert "table is added and paused, because its check failed: Airtable answered 401" in page.words
    assert "The check when it was added failed: Airtable answered 401" in page.words
    site.post(generation("vgen_1"))
    assert site.deliveries() == [("vgen_1", "completed", "pending")]  # kept
    assert list(site.store.pauses()) == ["table"]
    reader.follow("Fix connection")
    assert "table is saved and works" in reader.press("Save changes", token=TOKEN).words
    assert site.store.pauses() == {}


def test_it_gets_the_results_that_were_chosen_and_no_others(open_site: OpenSite) -> None:
    site = open_site()
    reader = reader_of(site)
    reader.open("/connections/new/webhook")
    reader.press("Add connection", name="n8n", url=SECRET_URL, statuses=["failed"], kinds=["image"])
    site.post(generation("vgen_1"))
    assert site.deliveries() == []
    assert "Results Failed Types Images" in reader.open("/connections/n8n").words
    page = reader.open("/connections/n8n/edit").text
    assert 'value="failed" checked' in page
    assert 'value="completed" checked' not in page


def test_faults_stand_beside_their_fields_and_what_was_entered_stays(open_site: OpenSite) -> None:
    reader = reader_of(open_site())
    reader.open("/connections/new/airtable")
    page = reader.press("Add connection", name="My Table", token="key123", base_id="nobase", table="Videos")
    assert page.status == 422
    assert "<title>Error:" in page.text.replace("\n", "")
    for fault in (
        "Must be 1 to 40 small letters",
        "Is an API key, which Airtable no longer takes: make a personal access token.",
        "Does not look right. The part of the base's address that starts with app",
    ):
        assert page.words.count(fault) == 2, fault
    for kept in ("My Table", "nobase", "Videos"):
        assert f'value="{kept}"' in page.text
    assert "key123" not in page.text


def test_something_has_to_be_sent(open_site: OpenSite) -> None:
    site = open_site()
    reader = reader_of(site)
    reader.open("/connections/new/webhook")
    page = reader.press("Add connection", url=SECRET_URL, statuses=[])
    assert page.status == 422
    assert "Choose at least one" in page.words
    assert site.count("connection") == 0


def test_a_name_is_taken_once(open_site: OpenSite) -> None:
    reader = reader_of(open_site(**N8N))
    assert 'value="webhook-2"' in reader.open("/connections/new/webhook").text
    for name in ("webhook", "n8n"):
        add_webhook(reader, name)
    page = add_webhook(reader)
    assert page.status == 422
    assert "There is a connection of this name already." in page.words


def test_columns_are_lines_and_a_comma_may_stand_in_a_name(open_site: OpenSite) -> None:
    reader = reader_of(open_site())
    reader.open("/connections/new/airtable")
    columns = "generation_id=Id\r\nlink=Video, final\r\ncontext.sku=SKU\r\n"
    page = reader.press("Add connection", name="table", token=TOKEN, columns=columns, **TABLE)
    assert page.status == 200
    assert "link Video, final" in page.words
    edited = reader.follow("Edit connection")
    assert "generation_id=Id\nlink=Video, final\ncontext.sku=SKU</textarea>" in edited.text


# ---- reading


def test_a_connection_of_the_environment_is_shown_and_not_changed(site: Site) -> None:
    reader = reader_of(site)
    assert "Set by the host" in reader.open("/connections").words
    assert "Set by the host" in reader.open("/connections/webhook").words
    for path in ("edit", "remove"):
        assert f"/connections/webhook/{path}" not in reader.page.text
        for method in (site.client.get, site.client.post):
            assert method(f"/connections/webhook/{path}").status_code == 405
    assert "Saved (hidden)" in reader.page.words


def test_the_sample_is_of_the_newest_real_result(open_site: OpenSite) -> None:
    site = open_site()
    reader = reader_of(site)
    page = add_airtable(reader)
    assert "for a sample, since there are no results yet" in page.words
    site.post(generation("vgen_1", prompt="A mug of <clay>"), path="/webhooks/creativeai?sku=MUG-1")
    page = reader.open("/connections/table")
    assert "for the newest result" in page.words
    assert "prompt Prompt A mug of <clay>" in page.words
    assert "A mug of &lt;clay&gt;" in page.text


def test_failures_are_grouped_by_their_reason_and_sent_again_after_a_count(site: Site) -> None:
    reader = reader_of(site)
    for number, why in enumerate(("Full.", "Full.", "<b>Broken</b>.")):
        site.post(generation(f"vgen_{number}"))
        site.deliver(outcome=Outcome.FAILED, note=why)
    page = reader.open("/connections/webhook")
    assert "2: Full." in page.words
    assert "1: <b>Broken</b>." in page.words
    assert 'href="/deliveries/replay?connection=webhook&amp;status=failed"' in page.text
    assert "Resend 3 deliveries" in page.words
    assert "Last failed" in reader.open("/connections").words


def test_what_is_not_there_is_a_page_that_says_so(open_site: OpenSite) -> None:
    site = open_site()
    site.sign_in()
    for path in ("/connections/nothing", "/connections/nothing/edit", "/connections/new/fax"):
        assert site.client.get(path).status_code == 404
    for act in ("check", "test", "pause", "resume", "remove", "test/keep"):
        assert site.client.post(f"/connections/nothing/{act}").status_code == 404


# ---- who may


@pytest.mark.parametrize("act", ["check", "test", "pause", "resume", "remove", "edit", "test/remove"])
def test_only_who_is_signed_in_acts_and_only_from_these_pages(site: Site, act: str) -> None:
    assert site.client.post(f"/connections/webhook/{act}").status_code == 401
    assert site.client.get("/connections/webhook").status_code == 303
    site.sign_in()
    elsewhere = {"Sec-Fetch-Site": "cross-site"}
    answer = site.client.post(f"/connections/webhook/{act}", headers=elsewhere)
    assert answer.status_code == 403
    assert site.store.pauses() == {}


# ---- secrets


def test_no_page_ever_shows_a_secret(open_site: OpenSite, sandbox: Sandbox) -> None:
    site = open_site(**local(sandbox), **N8N | {"WEBHOOK_URL": SECRET_URL})
    reader = reader_of(site)
    add_airtable(reader)
    for path in ("", "/table", "/table/edit", "/table/remove", "/webhook", "/new/airtable"):
        reader.open(f"/connections{path}")
    reader.open("/connections/table/edit")
    assert reader.press("Save changes", token="patOther.s3cret", table="").status == 422
    reader.open("/connections/table")
    for button in ("Check connection", "Send test"):
        reader.press(button)
    reader.press("Pause connection")
    assert len(reader.seen) > 12
    for page in reader.seen:
        for secret in (TOKEN, "s3cr3t-path", "patOther"):
            assert secret not in page.text + page.location
