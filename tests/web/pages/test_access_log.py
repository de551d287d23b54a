"""Settings shows who signed in or tried, which tokens and secrets were changed, and from where."""

import logging
import re
import time
from html import unescape

import pytest

from relay.store.contract.access_log import AccessKind, AccessNote
from relay.web.pages.sign_in import MOST_ENTRIES, MOST_TRIES
from tests.web.site import PASSWORD, Site

FROM = "198.51.100.7"
NEW_SECRET = "a new secret of webhooks"


def lines(site: Site) -> list[str]:
    """As the page lists them, the newest first, without the time."""
    page = site.client.get("/settings").text
    panel = page.partition('id="sign-ins"')[2].partition("</section>")[0]
    body = panel.partition("<tbody>")[2]
    rows = [unescape(re.sub(r"<[^>]*>", " ", row)) for row in body.split("</tr>")]
    said = [re.sub(r"\s+", " ", row).strip() for row in rows if row.strip()]
    return [re.sub(r" (just now|\d+ \w+ ago)$", "", line) for line in said]


def send(site: Site, path: str, *, status: int = 303, **fields: str) -> None:
    answer = site.client.post(path, data=fields, environ_base={"REMOTE_ADDR": FROM})
    assert answer.status_code == status


def sign_in(site: Site, password: str = PASSWORD, *, status: int = 303) -> None:
    send(site, "/login", status=status, password=password)


def test_what_opens_or_changes_something_is_listed_with_who_did_it(site: Site) -> None:
    sign_in(site, "wrong", status=401)
    sign_in(site)
    send(site, "/settings/tokens", status=200, token_name="n8n <i>")
    (token,) = site.store.tokens()
    send(site, f"/settings/tokens/{token.id}/revoke")
    send(site, "/settings/secret", webhook_secret=NEW_SECRET)
    send(site, "/settings/secret/end_overlap")
    send(site, "/settings/secret/forget")
    send(site, "/logout", everywhere="yes")
    sign_in(site)
    assert lines(site) == [
        f"Signed in {FROM}",
        f"Signed out everywhere {FROM}",
        f"Secret removed CreativeAI webhooks {FROM}",
        f"Secret removed CreativeAI webhooks {FROM}",
        f"Secret saved CreativeAI webhooks {FROM}",
        f"API token revoked n8n <i> {FROM}",
        f"API token created n8n <i> {FROM}",
        f"Signed in {FROM}",
        f"Wrong password {FROM}",
    ]


def test_what_was_refused_changes_nothing_in_the_list(site: Site) -> None:
    sign_in(site)
    send(site, "/settings/tokens", status=422, token_name="")
    send(site, "/settings/secret", status=422, webhook_secret="short")
    send(site, "/settings/tokens/tok_unknown/revoke")
    send(site, "/logout")
    sign_in(site)
    assert len(lines(site)) == 2


def test_secrets_of_connections_are_listed_and_never_shown(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    sign_in(site)
    given = {"name": "team", "url": "https://127.0.0.1:1/x", "secret": "hush" * 6, "statuses": "completed"}
    with caplog.at_level(logging.INFO):
        send(site, "/connections/new/webhook", **given)
    assert lines(site)[0] == f"Secret saved team {FROM}"
    assert "hush" not in site.client.get("/settings").text
    (line,) = [each for each in caplog.records if each.getMessage() == "connection secret changed"]
    assert (vars(line)["connection"], vars(line)["sender"]) == ("team", FROM)
    assert not [each for each in caplog.records if "hush" in str(vars(each))]


@pytest.mark.parametrize("peer", ["2001:db8:1:2::7", "2001:db8:1:2:ffff::8"])
def test_an_ipv6_client_is_shown_by_its_network(site: Site, peer: str) -> None:
    site.client.post("/login", data={"password": PASSWORD}, environ_base={"REMOTE_ADDR": peer})
    assert lines(site) == ["Signed in 2001:db8:1:2::/64"]


def test_a_flood_of_wrong_passwords_is_a_few_lines_and_hides_no_sign_in(site: Site) -> None:
    sign_in(site)
    now = time.time_ns() // 1_000_000 // 3_600_000 * 3_600_000  # within one hour, whenever this runs
    for number in range(MOST_ENTRIES + 8):
        for _ in range(MOST_TRIES):
            site.store.note_wrong_password(f"203.0.113.{number}", now=now + number, most=MOST_ENTRIES)
    assert site.count("access_log") == 1 + MOST_ENTRIES + 1
    found = lines(site)
    assert f"Signed in {FROM}" in found
    assert len(found) < 12
    assert f"Wrong password, {MOST_TRIES} times 203.0.113" in "\n".join(found)
    assert "Wrong password, 40 times many addresses" in found


def test_the_log_has_a_line_for_each_and_no_secret(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        sign_in(site, "a wrong guess", status=401)
        sign_in(site)
        send(site, "/settings/tokens", status=200, token_name="n8n")
        send(site, "/settings/secret", webhook_secret=NEW_SECRET)
    said = [each.getMessage() for each in caplog.records]
    assert {"wrong password", "signed in", "API token created", "webhook secret changed"} <= set(said)
    everything = " ".join(str(vars(each)) for each in caplog.records)
    assert not [secret for secret in ("a wrong guess", PASSWORD, NEW_SECRET, "cr_") if secret in everything]
    assert FROM in everything


def test_what_a_command_does_is_listed_too(site: Site) -> None:
    site.store.add_token("n8n", "ab" * 32, now=time.time_ns() // 1_000_000)
    sign_in(site)
    assert "API token created n8n the command line" in lines(site)


def test_a_secret_that_changed_in_the_environment_is_listed_by_the_name_of_its_setting(site: Site) -> None:
    at = time.time_ns() // 1_000_000
    site.store.note_access(AccessNote(AccessKind.ENVIRONMENT_SECRET_CHANGED, at, "CREATIVEAI_API_KEY"))
    sign_in(site)
    assert "Secret changed CREATIVEAI_API_KEY the environment" in lines(site)
