"""Settings: what the host says wins and is shown, the rest is kept here and counts at once."""

import re
import sqlite3
import time
from pathlib import Path

import pytest
from pydantic import SecretStr

from relay.bootstrap.app import make_secrets, prepare, read_secrets
from relay.bootstrap.configuration import configure
from relay.cli import check
from relay.config.overrides import LimitOverrides
from relay.intake.secrets import WebhookSecrets
from relay.models.queue import QueueLimits
from relay.retention import DAY_MS
from relay.security.encryption import Vault
from tests.web.conftest import OpenSite
from tests.web.site import N8N, Site
from tests.wire import SECRET, generation
from tests.wire.client import wait_until

KEY = {"CREATIVEAI_API_KEY": "sk-the-vendors-key"}
VIDEOS, CREDITS = "creativeai_videos_at_once", "creativeai_credits_per_day"


def text_of(site: Site, path: str = "/settings") -> str:
    return site.page(path).text


def test_a_limit_that_is_entered_counts_at_once_also_in_another_process(
    open_site: OpenSite, tmp_path: Path
) -> None:
    site = open_site(**KEY)
    limits = LimitOverrides(configure({"DATA_DIR": str(tmp_path / "data")}).settings, site.store)
    assert limits() == QueueLimits()
    site.sign_in()
    answer = site.client.post("/settings/limits", data={VIDEOS: "7", CREDITS: "250"})
    assert (answer.status_code, answer.location) == (303, "/settings")
    assert (limits().videos_at_once, limits().credits_per_day) == (7, 250)
    assert 'value="7"' in text_of(site)


def test_an_emptied_field_goes_back_to_the_default(open_site: OpenSite) -> None:
    site = open_site(**KEY)
    site.sign_in()
    site.client.post("/settings/limits", data={VIDEOS: "7"})
    site.client.post("/settings/limits", data={VIDEOS: " "})
    assert site.store.settings() == {}
    assert 'value="3"' in text_of(site)


def test_what_the_host_sets_wins_and_cannot_be_changed_here(open_site: OpenSite) -> None:
    site = open_site(**KEY, CREATIVEAI_VIDEOS_AT_ONCE="9")
    site.store.put_setting(VIDEOS, "2")
    page = text_of(site)
    assert "Set by the host (<code>CREATIVEAI_VIDEOS_AT_ONCE</code>)" in page
    assert f'name="{VIDEOS}"' not in page
    site.client.post("/settings/limits", data={VIDEOS: "5"})
    assert site.store.setting(VIDEOS) == "2"


@pytest.mark.parametrize("wrong", ["0", "-1", "many", "1e999", "\x00", "1.5"])
def test_a_wrong_limit_is_explained_and_nothing_of_the_form_is_kept(open_site: OpenSite, wrong: str) -> None:
    site = open_site(**KEY)
    site.sign_in()
    answer = site.client.post("/settings/limits", data={VIDEOS: wrong, CREDITS: "250"})
    assert answer.status_code == 422
    assert "<title>Error: Settings" in answer.text
    assert f'href="#{VIDEOS}"' in answer.text
    assert 'value="250"' in answer.text, "what was entered is kept"
    assert site.store.settings() == {}


def test_what_another_version_kept_and_this_one_cannot_read_counts_for_nothing(
    open_site: OpenSite, tmp_path: Path
) -> None:
    site = open_site(**KEY)
    site.store.put_settings({VIDEOS: "all of them", CREDITS: "250"})
    limits = LimitOverrides(configure({"DATA_DIR": str(tmp_path / "data")}).settings, site.store)()
    assert (limits.videos_at_once, limits.credits_per_day) == (3, 250)


def test_the_queue_is_paused_with_a_reason_and_resumed(open_site: OpenSite) -> None:
    site = open_site(**KEY)
    site.sign_in()
    site.client.post("/settings/queue/pause", data={"why": "Budget talks <b>"})
    page = text_of(site)
    assert "Queue paused" in page
    assert "Budget talks &lt;b&gt;" in page
    site.client.post("/settings/queue/resume")
    assert "Queue paused" not in text_of(site)


def test_without_a_key_there_is_no_queue_to_pause(site: Site) -> None:
    site.sign_in()
    answer = site.client.post("/settings/queue/pause", follow_redirects=True)
    assert "There is no queue yet, because no CreativeAI API key is set." in answer.text


def test_a_token_is_shown_once_and_opens_the_api_until_it_is_revoked(site: Site) -> None:
    site.sign_in()
    made = site.client.post("/settings/tokens", data={"token_name": "n8n <i>"})
    assert made.status_code == 200
    assert made.headers["Cache-Control"] == "no-store"
    (token,) = set(re.findall(r"cr_[\w-]{20,}", made.text))
    page = text_of(site)
    assert "n8n &lt;i&gt;" in page
    assert token not in page
    api = site.app.test_client()
    given = {"Authorization": f"Bearer {token}"}
    assert api.get("/api/jobs", headers=given).status_code == 200
    (kept,) = site.store.tokens()
    answer = site.client.post(f"/settings/tokens/{kept.id}/revoke", follow_redirects=True)
    assert "Token revoked." in answer.text
    assert api.get("/api/jobs", headers=given).status_code == 401


@pytest.mark.parametrize("name", ["", "  ", "x" * 65, "two\nlines"])
def test_a_token_needs_a_name_that_can_be_shown(site: Site, name: str) -> None:
    site.sign_in()
    answer = site.client.post("/settings/tokens", data={"token_name": name})
    assert answer.status_code == 422
    assert 'href="#token_name"' in answer.text
    assert site.store.tokens() == []


def test_secrets_are_named_and_never_shown(open_site: OpenSite) -> None:
    site = open_site(**KEY, CREATIVEAI_WEBHOOK_SECRET_PREVIOUS="the-one-before-this", **N8N)
    page = text_of(site)
    assert "CREATIVEAI_WEBHOOK_SECRET_PREVIOUS" in page
    for secret in ("the-one-before-this", "sk-the-vendors-key", "correct horse"):
        assert secret not in page


def test_a_backup_is_the_whole_database_and_leaves_nothing_behind(site: Site, tmp_path: Path) -> None:
    site.store.put_setting("kept", "yes")
    site.sign_in()
    answer = site.client.post("/settings/backup")
    assert (answer.status_code, answer.headers["X-Content-Type-Options"]) == (200, "nosniff")
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=relay-")
    (tmp_path / "copy.db").write_bytes(answer.data)
    answer.close()
    with sqlite3.connect(tmp_path / "copy.db") as copy:
        assert copy.execute("select value from setting where name = 'kept'").fetchone() == ("yes",)
    copy.close()
    assert list(site.database.parent.glob("*.backup*")) == []


@pytest.mark.parametrize(
    "path", ["limits", "queue/pause", "queue/resume", "tokens", "tokens/tok_1/revoke", "backup"]
)
def test_nothing_is_done_for_who_is_not_signed_in_or_comes_from_another_site(site: Site, path: str) -> None:
    assert site.client.post(f"/settings/{path}").status_code == 401
    site.sign_in()
    foreign = {"Sec-Fetch-Site": "cross-site"}
    assert site.client.post(f"/settings/{path}", headers=foreign).status_code == 403


def test_about_says_where_the_database_is_and_how_it_is(site: Site) -> None:
    page = text_of(site)
    assert str(site.database.parent) in page
    assert "MB free" in page


# ---- the secret of webhooks

NEW, NEWER = "a-secret-of-the-page", "another-secret-of-the-page"


def arrives(site: Site, name: str, secret: str) -> bool:
    return site.post(generation(name), secret=secret).status_code == 202


def enter(site: Site, secret: str) -> str:
    site.sign_in()
    return site.client.post("/settings/secret", data={"webhook_secret": secret}, follow_redirects=True).text


def test_a_secret_that_is_entered_counts_at_once_beside_the_hosts_and_is_shown_nowhere(site: Site) -> None:
    assert not arrives(site, "vgen_0", NEW)
    page = enter(site, NEW)
    assert "Saved. In effect now." in page
    assert "Saved on this page" in page
    assert arrives(site, "vgen_1", NEW)
    assert arrives(site, "vgen_2", SECRET)
    assert NEW not in page + text_of(site, "/deliveries/incoming") + text_of(site, "/setup")
    assert NEW.encode() not in site.database.read_bytes()
    signed_with = {row for (row,) in site.rows("select secret from event")}
    assert signed_with == {"entered on the settings page", "CREATIVEAI_WEBHOOK_SECRET"}


def test_the_one_before_counts_for_another_day_or_until_somebody_ends_it(site: Site) -> None:
    enter(site, NEW)
    assert "Saved earlier, accepted until" in enter(site, NEWER)
    assert arrives(site, "vgen_1", NEW)
    assert arrives(site, "vgen_2", NEWER)
    page = site.client.post("/settings/secret/end_overlap", follow_redirects=True).text
    assert "Secrets saved here earlier are no longer accepted." in page
    assert not arrives(site, "vgen_3", NEW)
    assert arrives(site, "vgen_4", NEWER)


def test_the_overlap_ends_by_itself_after_a_day(site: Site) -> None:
    secrets = WebhookSecrets({}, site.store, Vault([SecretStr("k" * 32)]))
    now = time.time_ns() // 1_000_000
    assert secrets.change(NEW, now=now - 3 * DAY_MS) == ""
    assert secrets.change(NEWER, now=now - DAY_MS + 60_000) == ""
    assert list(secrets().values()) == [NEWER.encode(), NEW.encode()]
    secrets.forget()
    secrets.change(NEW, now=now - 3 * DAY_MS)
    secrets.change(NEWER, now=now - DAY_MS - 1)
    assert list(secrets().values()) == [NEWER.encode()]
    assert secrets.overlaps(now) == []


def test_one_that_was_mistyped_and_fixed_takes_nothing_from_the_one_that_is_still_in_use(site: Site) -> None:
    for secret in (NEW, "mistyped-secret", NEWER):
        enter(site, secret)
    assert arrives(site, "vgen_1", NEW)
    assert arrives(site, "vgen_2", NEWER)
    enter(site, NEW)  # back again
    page = text_of(site)
    assert page.count("Saved earlier, accepted until") == 2
    assert arrives(site, "vgen_3", NEWER)


def test_the_commands_know_a_secret_that_was_entered(open_site: OpenSite, tmp_path: Path) -> None:
    site = open_site(CREATIVEAI_WEBHOOK_SECRET="")
    enter(site, NEW)
    configuration = configure({"DATA_DIR": str(tmp_path / "data")})
    assert read_secrets(configuration) == {"entered on the settings page": NEW.encode()}
    said: list[str] = []
    check.run(configuration, said.append)
    assert "ok    Webhooks are verified with entered on the settings page." in said
    assert read_secrets(configure({"DATA_DIR": str(tmp_path / "another")})) == {}


def test_what_another_process_entered_counts_here_within_a_second(site: Site, tmp_path: Path) -> None:
    configuration = configure({"DATA_DIR": str(tmp_path / "data"), "CREATIVEAI_WEBHOOK_SECRET": SECRET})
    make_secrets(configuration, site.store).change(NEW, now=1)
    wait_until(lambda: arrives(site, f"vgen_{time.monotonic_ns()}", NEW))


def test_a_secret_that_is_forgotten_counts_no_more(site: Site) -> None:
    enter(site, NEW)
    site.client.post("/settings/secret/forget")
    assert not arrives(site, "vgen_1", NEW)
    assert arrives(site, "vgen_2", SECRET)


@pytest.mark.parametrize("wrong", ["", "short", "x" * 501])
def test_what_cannot_be_a_secret_is_explained(site: Site, wrong: str) -> None:
    site.sign_in()
    answer = site.client.post("/settings/secret", data={"webhook_secret": wrong})
    assert answer.status_code == 422
    assert "A secret has 8 to 500 characters." in answer.text
    assert site.store.setting("webhook_secret") is None


def test_under_a_new_key_it_is_kept_and_under_a_lost_one_it_says_so(
    open_site: OpenSite, tmp_path: Path
) -> None:
    enter(open_site(SECRET_KEY="first-" * 6), NEW)
    before = open_site(SECRET_KEY="first-" * 6).store.setting("webhook_secret")
    moved = {"SECRET_KEY": "second-" * 6, "SECRET_KEY_FALLBACKS": "first-" * 6}
    prepare(configure({"DATA_DIR": str(tmp_path / "data"), **moved}), now=time.time_ns() // 1_000_000)
    moved_to = open_site(SECRET_KEY="second-" * 6)
    assert moved_to.store.setting("webhook_secret") != before
    assert arrives(moved_to, "vgen_1", NEW)
    lost = open_site(SECRET_KEY="third-" * 6)
    assert not arrives(lost, "vgen_2", NEW)
    assert "cannot be decrypted" in text_of(lost)


def test_a_relay_without_any_secret_of_the_host_takes_the_one_that_is_entered(open_site: OpenSite) -> None:
    site = open_site(CREATIVEAI_WEBHOOK_SECRET="")
    assert "Every webhook is refused because no secret is set." in text_of(site)
    enter(site, NEW)
    assert arrives(site, "vgen_1", NEW)
    assert "Every webhook is refused because no secret is set." not in text_of(site)
