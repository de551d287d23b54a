"""Signing in: who has the password sees the pages, nobody else does, and guessing is slow."""

import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from itsdangerous import TimestampSigner, URLSafeTimedSerializer

from relay.store.contract.admin import NewShareLink
from relay.web.pages.sign_in import MOST_TRIES, TRIES_SPAN_MS, safe_next
from relay.web.share_tokens import ShareTokens
from tests.web.site import PASSWORD, Site

OpenSite = Callable[..., Site]
in_one_site = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
KEY = "a key of this test and long enough"


def test_without_a_password_configured_nobody_may_see_the_pages(open_site: OpenSite) -> None:
    site = open_site(ADMIN_PASSWORD="")
    for answer in (site.client.get("/"), site.sign_in(""), site.sign_in("None"), site.page("/jobs")):
        assert answer.status_code == 403
        assert "ADMIN_PASSWORD" in answer.text


@pytest.mark.parametrize("path", ["/", "/create", "/create/image", "/jobs", "/jobs/job_x?a=b"])
def test_who_is_not_signed_in_is_asked_to_and_comes_back_to_the_page(site: Site, path: str) -> None:
    answer = site.client.get(path)
    assert answer.status_code == 303
    form = site.client.get(answer.headers["Location"])
    (target,) = re.findall(r'name="next" value="([^"]*)"', form.text)
    answer = site.client.post("/login", data={"password": PASSWORD, "next": target})
    assert answer.headers["Location"] == path


def test_what_is_no_page_is_refused_without_a_way_round(site: Site) -> None:
    assert site.client.get("/jobs/job_x/state.json").status_code == 401
    assert site.client.post("/create/image", data={"prompt": "x"}).status_code == 401
    assert site.count("job") == 0


@pytest.mark.parametrize(
    "password", ["", "wrong", PASSWORD + " ", PASSWORD[:-1], PASSWORD.upper(), "é" * 10, "\x00"]
)
def test_any_other_password_is_refused(site: Site, password: str) -> None:
    answer = site.sign_in(password)
    assert answer.status_code == 401
    assert "That password is not right. 4 tries left." in answer.text
    assert "<title>Error: Sign in" in re.sub(r"\s+", " ", answer.text)
    assert site.client.get("/").status_code == 303


def test_a_password_may_hold_any_letters(open_site: OpenSite) -> None:
    site = open_site(ADMIN_PASSWORD="schlüssel:🔑:x")
    assert site.sign_in("schlüssel").status_code == 401
    assert site.sign_in("schlüssel:🔑:x").status_code == 303
    assert site.client.get("/").status_code == 200


def test_guessing_is_slowed_down_even_for_the_right_password(site: Site) -> None:
    for _ in range(MOST_TRIES):
        assert site.sign_in("wrong").status_code == 401
    refused = site.sign_in()
    assert refused.status_code == 429
    assert "Too many tries. Try again in" in refused.text


def test_guesses_from_one_address_leave_another_address_its_own(site: Site) -> None:
    def guess(address: str) -> int:
        answer = site.client.post("/login", data={"password": "wrong"}, environ_base={"REMOTE_ADDR": address})
        return answer.status_code

    assert [guess("203.0.113.1") for _ in range(MOST_TRIES + 1)] == [*[401] * MOST_TRIES, 429]
    assert [guess("203.0.113.2") for _ in range(MOST_TRIES + 1)] == [*[401] * MOST_TRIES, 429]
    assert site.sign_in().status_code == 303, "and a third one may sign in"


def test_many_guesses_at_once_are_no_more_than_one_after_the_other(site: Site) -> None:
    with ThreadPoolExecutor(12) as crowd:
        statuses = list(crowd.map(lambda _: _guess(site), range(24)))
    assert statuses.count(401) == MOST_TRIES
    assert set(statuses) <= {401, 429, 503}


def _guess(site: Site) -> int:
    return site.app.test_client().post("/login", data={"password": "wrong"}).status_code


def test_tries_are_forgotten_after_a_while_and_after_the_right_password(site: Site) -> None:
    now = time.time_ns() // 1_000_000
    for _ in range(2):
        for _ in range(MOST_TRIES - 1):
            assert site.sign_in("wrong").status_code == 401
        assert site.sign_in().status_code == 303
    for _ in range(MOST_TRIES):
        site.sign_in("wrong")
    assert site.store.take_login_attempt("127.0.0.1", now=now, most=MOST_TRIES, span=TRIES_SPAN_MS).wait_until
    later = now + TRIES_SPAN_MS + 60_000
    assert (
        site.store.take_login_attempt("127.0.0.1", now=later, most=MOST_TRIES, span=TRIES_SPAN_MS).left == 4
    )


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "javascript:alert(1)",
        "",
        "jobs",
        "/a\nSet-Cookie: x",
    ],
)
def test_nobody_is_led_to_another_site(site: Site, target: str) -> None:
    answer = site.client.post("/login", data={"password": PASSWORD, "next": target})
    assert answer.headers["Location"] == "/"


@given(st.text(max_size=30))
def test_wherever_it_leads_is_a_path_of_ours(text: str) -> None:
    target = safe_next(text)
    assert target.startswith("/")
    assert not target.startswith(("//", "/\\"))


def test_signing_out_ends_this_session_and_everywhere_ends_all(site: Site) -> None:
    other = site.app.test_client()
    for client in (site.client, other):
        client.post("/login", data={"password": PASSWORD})
    assert site.client.post("/logout").status_code == 303
    assert site.client.get("/").status_code == 303
    assert other.get("/").status_code == 200
    site.sign_in()
    site.client.post("/logout", data={"everywhere": "yes"})
    assert other.get("/").status_code == 303


def test_a_stranger_signs_nobody_out(site: Site) -> None:
    site.sign_in()
    site.app.test_client().post("/logout", data={"everywhere": "yes"})
    assert site.client.get("/").status_code == 200


def test_the_cookie_is_out_of_reach_for_scripts_other_sites_and_plain_http(open_site: OpenSite) -> None:
    cookie = open_site(PUBLIC_URL="https://relay.example.com").sign_in().headers["Set-Cookie"]
    assert {"HttpOnly", "Secure", "SameSite=Lax"} <= {part.strip() for part in cookie.split(";")}


def test_the_session_survives_a_new_key_as_long_as_the_old_one_is_known(open_site: OpenSite) -> None:
    old = open_site(SECRET_KEY=KEY)
    cookie = old.sign_in().headers["Set-Cookie"].partition(";")[0]
    for environ, status in (({"SECRET_KEY_FALLBACKS": KEY}, 200), ({}, 303)):
        new = open_site(old.database.parent, SECRET_KEY="another key and just as long", **environ)
        assert (
            new.app.test_client(use_cookies=False).get("/", headers={"Cookie": cookie}).status_code == status
        )


def test_a_new_password_ends_every_session_and_what_it_could_do(open_site: OpenSite) -> None:
    old = open_site(SECRET_KEY=KEY)
    cookies = []
    for stay in ({}, {"stay": "yes"}):
        answer = old.app.test_client().post("/login", data={"password": PASSWORD} | stay)
        cookies.append(answer.headers["Set-Cookie"].partition(";")[0])
    key = {"SECRET_KEY": "another key and just as long", "SECRET_KEY_FALLBACKS": KEY}
    for environ in ({"SECRET_KEY": KEY}, key):
        new = open_site(old.database.parent, ADMIN_PASSWORD="a new password", **environ)
        client = new.app.test_client(use_cookies=False)
        for headers in ({"Cookie": cookie} for cookie in cookies):
            assert client.get("/settings", headers=headers).status_code == 303
            made = client.post("/settings/tokens", data={"token_name": "x"}, headers=headers)
            assert made.status_code == 401
            assert set(client.get("/readyz", headers=headers).json or ()) == {"ready"}
        assert new.store.tokens() == []
        assert new.sign_in("a new password").status_code == 303


def test_a_cookie_of_a_version_that_knew_no_password_in_it_is_signed_out(open_site: OpenSite) -> None:
    site = open_site(SECRET_KEY=KEY)
    with site.client.session_transaction() as session:
        session.update(role="admin", epoch="0")
    assert site.client.get("/").status_code == 303


def test_a_link_made_with_the_key_signs_in_and_any_other_does_not(open_site: OpenSite) -> None:
    site = open_site(SECRET_KEY=KEY)
    for key in ("another", KEY + " "):
        token = URLSafeTimedSerializer(key, salt="sign-in link").dumps("admin")
        assert "This link has expired" in site.client.get(f"/login/{token}", follow_redirects=True).text
        assert site.client.get("/").status_code == 303
    token = URLSafeTimedSerializer(KEY, salt="sign-in link").dumps("admin")
    assert site.client.get(f"/login/{token}").headers["Location"] == "/"
    assert site.client.get("/").status_code == 200


@pytest.mark.parametrize(("seconds", "opens"), [(0, True), (295, True), (305, False), (86_400, False)])
def test_a_link_that_signs_in_does_so_for_five_minutes(
    open_site: OpenSite, seconds: int, opens: bool
) -> None:
    class Earlier(TimestampSigner):
        def get_timestamp(self) -> int:
            return super().get_timestamp() - seconds

    site = open_site(SECRET_KEY=KEY)
    token = URLSafeTimedSerializer(KEY, salt="sign-in link", signer=Earlier).dumps("admin")
    site.client.get(f"/login/{token}")
    assert site.client.get("/").status_code == (200 if opens else 303)


@pytest.mark.parametrize(("given", "ends"), [({}, False), ({"stay": "yes"}, True)])
def test_a_cookie_ends_with_the_browser_unless_somebody_stays_signed_in(
    site: Site, given: dict[str, str], ends: bool
) -> None:
    cookie = site.client.post("/login", data={"password": PASSWORD} | given).headers["Set-Cookie"]
    names = {part.strip().partition("=")[0].lower() for part in cookie.split(";")}
    assert bool(names & {"expires", "max-age"}) is ends


@pytest.mark.parametrize("how", ["password", "link"])
def test_signing_in_leaves_nothing_of_what_was_in_the_session(open_site: OpenSite, how: str) -> None:
    site = open_site(SECRET_KEY=KEY)
    share = site.store.add_share(NewShareLink("Anna", "text-to-video", {}, 100), now=1)
    site.client.get(f"/s/{ShareTokens([KEY]).sign(share)}")
    assert site.client.get("/shared").status_code == 200
    token = URLSafeTimedSerializer(KEY, salt="sign-in link").dumps("admin")
    site.sign_in() if how == "password" else site.client.get(f"/login/{token}")
    assert site.client.get("/").status_code == 200
    assert site.client.get("/shared").status_code == 404


# ---- what every page carries


@pytest.mark.parametrize("path", ["/", "/login", "/jobs", "/nowhere", "/create/image"])
def test_every_answer_carries_the_headers_that_protect_it(site: Site, path: str) -> None:
    headers = site.page(path).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", ["/login", "/create/image", "/logout"])
@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ],
)
def test_a_form_of_another_site_does_nothing(site: Site, path: str, headers: dict[str, str]) -> None:
    site.sign_in()
    answer = site.client.post(path, data={"password": PASSWORD, "prompt": "x"}, headers=headers)
    assert answer.status_code == 403
    assert "sent from another site" in answer.text
    assert site.count("job") == 0
    assert site.client.get("/").status_code == 200


def test_a_form_of_ours_is_taken_whatever_the_browser_says_of_it(site: Site) -> None:
    for headers in ({"Sec-Fetch-Site": "same-origin"}, {"Origin": "http://localhost"}, {}):
        answer = site.client.post("/login", data={"password": PASSWORD}, headers=headers)
        assert answer.status_code == 303


@pytest.mark.parametrize(("path", "status"), [("/nowhere", 404), ("/jobs/job_x", 404), ("/create/none", 404)])
def test_what_is_not_there_is_said_in_words(site: Site, path: str, status: int) -> None:
    answer = site.page(path)
    assert answer.status_code == status
    assert "Page not found" in answer.text


def test_a_method_that_a_page_does_not_know_names_those_that_it_does(site: Site) -> None:
    answer = site.client.delete("/jobs")
    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]


def test_a_database_that_cannot_be_read_is_a_sentence(
    open_site: OpenSite, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("damaged")
    (folder / "relay.db").write_bytes(b"not a database" * 1000)
    answer = open_site(folder, migrate=False).sign_in()
    assert answer.status_code == 503
    assert "try again in a moment" in answer.text


@in_one_site
@given(st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=60))
def test_no_cookie_makes_it_stumble(site: Site, value: str) -> None:
    client = site.app.test_client(use_cookies=False)
    answer = client.get("/", headers={"Cookie": f"relay_session={value}"})
    assert answer.status_code == 303
