"""The page of a template waits for its first call, and shows what was seen: never more than that."""

import re
import time
from collections.abc import Callable
from typing import Any

import pytest

from relay.models.connection import Pause, Route
from relay.models.delivery import DeliveryStatus, Outcome, Settlement
from relay.workflow_templates import Template, templates
from tests.web.api.client import Caller
from tests.web.site import Site
from tests.wire import generation

OpenSite = Callable[..., Site]
TEMPLATES = templates()
BY_NAME = {each.name: each for each in TEMPLATES}
CALLING = [each for each in TEMPLATES if each.calls_relay]
RECEIVING = [each for each in TEMPLATES if each.receives]
WEBHOOK = {"WEBHOOK_URL": "https://tool.example.com/webhook/x"}


def name_of(template: Template) -> str:
    return template.name


def now() -> int:
    return time.time_ns() // 1_000_000


def words(site: Site, template: Template) -> str:
    """Of the part "First call", in one line."""
    page = site.page(f"/templates/{template.name}").text
    found = re.search(r'<section[^>]*aria-labelledby="first-call".*?</section>', page, re.DOTALL)
    assert found
    return " ".join(re.sub(r"<[^>]+>", " ", found[0]).split())


def press(site: Site, template: Template, connection: str = "") -> None:
    site.sign_in()
    answer = site.client.post(f"/templates/{template.name}/imported", data={"connection": connection})
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/templates/{template.name}#first-call")


def state(site: Site, template: Template) -> Any:
    site.sign_in()
    return site.client.get(f"/templates/{template.name}/state.json").json


def call(site: Site, template: Template | None, **options: Any) -> int:
    """As the template calls: with a token and its name; the status of the answer."""
    headers = {"Relay-Template": template.name} if template else {}
    caller = Caller(site) if not site.count("api_token") else None
    bearer = caller.headers if caller else {"Authorization": "Bearer cr_of-the-test"}
    path = options.pop("path", "/api/jobs")
    return site.client.get(path, headers=bearer | headers | options.pop("headers", {}), **options).status_code


def deliver(
    site: Site, *, connection: str = "webhook", accepted: bool = True, note: str = "", at: int = 0
) -> None:
    """What a worker does with a new result for this connection."""
    site.post(generation(f"vgen_{site.count('generation')}"))
    route = Route(name=connection, kind="webhook", target=connection, concurrency=1)
    (claimed,) = site.store.claim([route], now=now() + 1, lease_until=now() + 1000).deliveries
    outcome, status = (
        (Outcome.DONE, DeliveryStatus.DELIVERED) if accepted else (Outcome.RETRY, DeliveryStatus.RETRYING)
    )
    settled = Settlement(
        delivery_id=claimed.delivery_id,
        connection=connection,
        token=claimed.token,
        outcome=outcome,
        status=status,
        started_at=at or now(),
        milliseconds=1,
        message=note,
        due_at=None if accepted else now() + 60_000,
    )
    assert site.store.settle([settled]) == []


@pytest.mark.heavy
@pytest.mark.parametrize("template", TEMPLATES, ids=name_of)
def test_each_template_turns_green_when_all_that_it_does_was_seen_and_not_before(
    template: Template, open_site: OpenSite
) -> None:
    site = open_site(**WEBHOOK)
    if template.is_direct:
        assert "the relay cannot see whether it works" in words(site, template)
        assert "I imported it" not in words(site, template)
        assert site.client.post(f"/templates/{template.name}/imported").status_code == 404
        return
    assert "I imported it" in words(site, template)
    assert state(site, template)["final"]
    press(site, template, "webhook")
    signs = [call] * template.calls_relay + [deliver] * template.receives
    for seen, sign in enumerate(signs):
        shown = words(site, template)
        assert shown.count("Waiting for the first") == len(signs) - seen, shown
        assert not state(site, template)["final"]
        sign(*((site, template) if sign is call else (site,)))
    shown = words(site, template)
    assert "Waiting" not in shown
    assert ("The relay received a call from this template" in shown) == template.calls_relay
    assert ("accepted a delivery of the connection webhook" in shown) == template.receives
    assert state(site, template)["final"]
    assert "Wait for a new call" in shown


@pytest.mark.parametrize("template", [CALLING[0], RECEIVING[-1]], ids=name_of)
def test_what_was_seen_is_still_known_after_a_restart(template: Template, open_site: OpenSite) -> None:
    site = open_site(**WEBHOOK)
    press(site, template, "webhook")
    if template.calls_relay:
        call(site, template)
    before = words(site, template)
    site.close()
    again = Site(site.database.parent, migrate=False, **WEBHOOK)
    try:
        strip = re.compile(r"\d+ \w+ ago|just now|now")
        assert strip.sub("", words(again, template)) == strip.sub("", before)
        assert "I imported it" not in before
    finally:
        again.close()


def _without_a_token(site: Site, template: Template) -> int:
    return call(site, template, headers={"Authorization": "Bearer cr_wrong"})


def _of_another(site: Site, template: Template) -> int:
    return call(site, next(each for each in CALLING if each != template))


def _without_its_name(site: Site, template: Template) -> int:
    return call(site, None)


def _refused(site: Site, template: Template) -> int:
    return call(site, template, path="/api/jobs?limit=none")


def _of_no_template(site: Site, template: Template) -> int:
    return call(site, None, headers={"Relay-Template": "n8n/none"})


@pytest.mark.parametrize(
    ("calling", "status"),
    [
        (_without_a_token, 401),
        (_of_another, 200),
        (_without_its_name, 200),
        (_refused, 422),
        (_of_no_template, 200),
    ],
)
def test_a_call_that_is_not_the_templates_own_or_was_refused_turns_nothing_green(
    site: Site, calling: Callable[[Site, Template], int], status: int
) -> None:
    template = BY_NAME["make/start-through-the-relay"]
    press(site, template)
    assert calling(site, template) == status
    assert "Waiting for the first call" in words(site, template)
    assert site.rows("select name from setting where name = 'template.called.n8n/none'") == []


def test_a_call_before_the_button_was_pressed_counts_and_a_new_one_is_waited_for_on_request(
    site: Site,
) -> None:
    template = BY_NAME["make/daily-report"]
    call(site, template)
    assert "The relay received a call" in words(site, template)
    press(site, template)
    assert "Waiting for the first call" in words(site, template)
    call(site, template)
    assert "The relay received a call" in words(site, template)


def test_of_a_template_that_calls_often_few_moments_are_kept(site: Site) -> None:
    template = BY_NAME["make/daily-report"]
    call(site, template)
    kept = site.store.settings()
    call(site, template)
    assert site.store.settings() == kept


@pytest.mark.parametrize("template", RECEIVING, ids=name_of)
def test_deliveries_from_before_the_template_was_imported_say_nothing_about_it(
    template: Template, site: Site
) -> None:
    deliver(site, at=now() - 60_000)
    press(site, template, "webhook")
    assert "Waiting for the first delivery" in words(site, template)


@pytest.mark.parametrize("template", RECEIVING, ids=name_of)
def test_a_delivery_that_is_not_accepted_is_shown_with_its_reason(template: Template, site: Site) -> None:
    press(site, template, "webhook")
    deliver(site, accepted=False, note="The address answered 404: no workflow listens.")
    shown = words(site, template)
    assert "Waiting for the first delivery" in shown
    assert "The address answered 404: no workflow listens. The next attempt is" in shown
    assert "View delivery" in shown
    assert not state(site, template)["final"]


@pytest.mark.parametrize("why", ["", "The workflow is being changed"])
def test_a_paused_connection_is_told_as_everywhere(site: Site, why: str) -> None:
    template = BY_NAME["make/behind-the-relay"]
    press(site, template, "webhook")
    site.store.pause("webhook", Pause(since=now(), why=why, until=None))
    shown = words(site, template)
    assert re.search(r"Paused since \d\d:\d\d UTC" + (f": {why}." if why else r"\."), shown)
    assert "Deliveries to webhook are kept until you resume the connection." in shown


@pytest.mark.parametrize("template", RECEIVING, ids=name_of)
def test_a_person_chooses_among_several_connections_and_is_led_to_one_where_there_is_none(
    template: Template, open_site: OpenSite
) -> None:
    bare = open_site()
    shown = words(bare, template)
    assert "yet. Add one" in shown
    assert f"Add {'n8n' if template.tool == 'n8n' else 'Make'} connection" in shown
    bare.close()
    two = open_site(**WEBHOOK, **{f"{template.tool.upper()}_URL": "https://own.example.com/webhook/y"})
    press(two, template)
    assert "accepts from the connection " + template.tool in words(two, template)


def test_make_accepts_what_its_scenario_has_not_done_yet_and_the_page_says_so(site: Site) -> None:
    template = BY_NAME["make/behind-the-relay"]
    press(site, template, "webhook")
    deliver(site)
    assert "Make accepts a delivery before the scenario runs" in words(site, template)
