"""Share links: a colleague gets one form and its jobs, within a budget, as long as the link is good."""

import re
import threading
import time
from typing import Any

import pytest
from flask.testing import FlaskClient

from relay.sample_media import FOLDER
from relay.store.contract.admin import NewShareLink
from relay.web.share_tokens import ShareTokens
from tests.web.conftest import OpenSite
from tests.web.site import Site

KEY = {"CREATIVEAI_API_KEY": "sk-the-vendors-key", "SECRET_KEY": "a-key-of-the-tests-0123456789"}
KIND = "text-to-video"
INPUT = {"prompt": "A mug turns slowly", "key": "form-1"}


@pytest.fixture
def site(open_site: OpenSite) -> Site:
    return open_site(**KEY)


def shared(site: Site, **fields: Any) -> str:
    plain = {"name": "Anna", "form": KIND, "fixed_values": {}, "budget": 1000.0}
    return site.store.add_share(NewShareLink(**(plain | fields)), now=int(time.time() * 1000))


def token_of(share_id: str, key: str = KEY["SECRET_KEY"]) -> str:
    return ShareTokens([key]).sign(share_id)


def visitor(site: Site, share_id: str) -> FlaskClient:
    client = site.app.test_client()
    answer = client.get(f"/s/{token_of(share_id)}")
    assert (answer.status_code, answer.location) == (303, "/shared")
    return client


def used(site: Site, share_id: str) -> float:
    share = site.store.share(share_id)
    assert share is not None
    return share.used


def ask(client: FlaskClient, **given: str) -> Any:
    return client.post("/shared", data=INPUT | given)


# -- made by the admin


def test_a_link_is_made_copied_and_revoked(site: Site) -> None:
    site.sign_in()
    assert "Colleague chooses" in site.client.get(f"/settings/share/new?form={KIND}").text
    given = {"form": KIND, "name": "Anna <b>", "budget": "250", "days": "7", "fixed.duration": "5"}
    answer = site.client.post("/settings/share/new", data=given | {"fixed.prompt": ""})
    assert (answer.status_code, answer.location) == (303, "/settings/share")
    (share,) = site.store.shares()
    assert (share.name, share.budget, share.fixed_values) == ("Anna <b>", 250, {"duration": "5"})
    assert share.expires_at == pytest.approx(share.created_at + 7 * 24 * 3600 * 1000, abs=1000)
    page = site.client.get("/settings/share").text
    assert "Anna &lt;b&gt;" in page
    (url,) = set(re.findall(r'href="http://localhost(/s/[^"]+)"', page))
    assert site.app.test_client().get(url).location == "/shared"
    site.client.post(f"/settings/share/{share.id}/revoke")
    assert "/s/share_" not in site.client.get("/settings/share").text
    assert site.app.test_client().get(url).status_code == 404


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"name": ""}, "name"),
        ({"budget": "0"}, "budget"),
        ({"budget": "nan"}, "budget"),
        ({"days": "-1"}, "days"),
        ({"fixed.duration": "99"}, "fixed-duration"),
        ({"fixed.aspect_ratio": "round"}, "fixed-aspect_ratio"),
    ],
)
def test_a_link_with_a_fault_is_explained_and_not_made(site: Site, given: dict[str, str], field: str) -> None:
    site.sign_in()
    good = {"form": KIND, "name": "Anna", "budget": "250"}
    answer = site.client.post("/settings/share/new", data=good | given)
    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text
    assert site.store.shares() == []


def test_a_link_to_a_form_that_is_not_there_is_not_made(site: Site) -> None:
    site.sign_in()
    assert site.client.get("/settings/share/new?form=nothing").status_code == 404
    assert site.client.post("/settings/share/new", data={"form": "nothing"}).status_code == 404


# -- what opens


@pytest.mark.parametrize("how", ["tampered", "another key", "unsigned", "unknown", "revoked", "expired"])
def test_a_link_that_is_not_good_opens_nothing(site: Site, how: str) -> None:
    share_id = shared(site, expires_at=1 if how == "expired" else None)
    token = token_of("share_unknown" if how == "unknown" else share_id)
    if how == "revoked":
        site.store.revoke_share(share_id, now=1)
    signed, _, signature = token.rpartition(".")
    other = "B" if signature[0] == "A" else "A"  # the last letter's spare bits would not count
    changed = {
        "tampered": f"{signed}.{other}{signature[1:]}",
        "another key": token_of(share_id, "another-key-0123456789"),
        "unsigned": share_id,
    }
    client = site.app.test_client()
    answer = client.get(f"/s/{changed.get(how, token)}")
    assert answer.status_code == 404
    assert "This link does not work" in answer.text
    assert client.get("/shared").status_code == 404


def test_a_link_that_an_earlier_key_signed_still_opens(open_site: OpenSite) -> None:
    site = open_site(
        **KEY | {"SECRET_KEY": "the-new-key-0123456789", "SECRET_KEY_FALLBACKS": KEY["SECRET_KEY"]}
    )
    visitor(site, shared(site))


def test_a_link_that_was_made_after_a_key_change_needs_the_new_key_alone(open_site: OpenSite) -> None:
    new = {"SECRET_KEY": "the-new-key-0123456789"}
    both = open_site(**KEY | new | {"SECRET_KEY_FALLBACKS": KEY["SECRET_KEY"]})
    shared(both)
    both.sign_in()
    page = both.client.get("/settings/share").text
    (url,) = set(re.findall(r'href="http://localhost(/s/[^"]+)"', page))
    for environ, status in ((new, 303), ({}, 404)):  # the old key's signatures count for nothing any more
        site = open_site(both.database.parent, **KEY | environ)
        assert site.app.test_client().get(url).status_code == status


@pytest.mark.parametrize("how", ["revoked", "signed out everywhere"])
def test_whoever_is_in_already_is_out_at_once(site: Site, how: str) -> None:
    share_id = shared(site)
    client = visitor(site, share_id)
    assert client.get("/shared").status_code == 200
    if how == "revoked":
        site.store.revoke_share(share_id, now=1)
    else:
        site.sign_in()
        site.client.post("/logout", data={"everywhere": "yes"})
    assert client.get("/shared").status_code == 404
    assert ask(client).status_code == 404
    assert site.count("job") == 0


@pytest.mark.parametrize(
    "path", ["/", "/create", "/jobs", "/settings", "/settings/share", "/connections", "/deliveries", "/setup"]
)
def test_a_link_opens_no_other_page(site: Site, path: str) -> None:
    answer = visitor(site, shared(site)).get(path)
    assert answer.status_code in (303, 404)
    assert "/shared" not in (answer.location or "")


def test_the_admin_who_looks_at_a_link_stays_the_admin(site: Site) -> None:
    site.sign_in()
    site.client.get(f"/s/{token_of(shared(site))}")
    assert site.client.get("/shared").status_code == 200
    assert site.client.get("/settings").status_code == 200


def test_an_admin_who_was_signed_out_everywhere_is_none_again_by_a_link(site: Site) -> None:
    site.sign_in()
    site.store.raise_setting("signed_out_everywhere")
    site.client.get(f"/s/{token_of(shared(site))}")
    assert site.client.get("/settings").status_code == 303


# -- what is asked for


def test_a_colleague_asks_for_a_job_and_sees_it(site: Site) -> None:
    share_id = shared(site)
    client = visitor(site, share_id)
    answer = ask(client)
    assert (answer.status_code, answer.location) == (303, "/shared")
    (job,) = site.store.jobs_of_share_link(share_id, limit=10)
    assert "A mug turns slowly" in client.get("/shared").text
    page = client.get(f"/shared/jobs/{job.id}")
    assert page.status_code == 200
    assert "/settings" not in page.text
    assert "/connections" not in page.text
    assert 'href="/jobs' not in page.text
    assert client.get(f"/shared/jobs/{job.id}/state.json").get_json()["final"] is False


def test_a_form_sent_twice_makes_one_job(site: Site) -> None:
    client = visitor(site, shared(site))
    ask(client)
    ask(client)
    assert site.count("job") == 1


def test_the_same_form_key_of_two_links_makes_two_jobs(site: Site) -> None:
    first, second = shared(site), shared(site)
    ask(visitor(site, first))
    ask(visitor(site, second))
    assert [len(site.store.jobs_of_share_link(each, limit=9)) for each in (first, second)] == [1, 1]


def test_what_is_fixed_is_not_asked_and_cannot_be_changed(site: Site) -> None:
    share_id = shared(site, fixed_values={"duration": "5", "context.sku": "MUG-1"})
    client = visitor(site, share_id)
    page = client.get("/shared").text
    assert 'name="duration"' not in page
    assert 'name="context.sku"' not in page
    ask(client, duration="15", **{"context.sku": "OTHER"})
    (job,) = site.store.jobs_of_share_link(share_id, limit=10)
    assert (job.input["duration"], job.context["sku"]) == (5, "MUG-1")


SKU, PRODUCT = {"context.sku": "MUG-1"}, {"context.product_id": "7"}


@pytest.mark.parametrize(
    ("fixed", "given", "context", "why"),
    [
        (SKU, {"context.product_id": "666"}, {"sku": "MUG-1"}, "Shopify would take the product id first"),
        (SKU, {"context.product_id": " "}, {"sku": "MUG-1"}, "an empty one says nothing either"),
        (SKU, {"context.handle": "other-mug"}, {"sku": "MUG-1"}, "a handle names a product too"),
        (PRODUCT, {"context.sku": "OTHER"}, {"product_id": "7"}, "a SKU names a product too"),
        (SKU | PRODUCT, {"context.product_id": "666"}, {"sku": "MUG-1", "product_id": "7"}, "both are fixed"),
        (SKU, {"context.title": "Mug"}, {"sku": "MUG-1", "title": "Mug"}, "a title names no product"),
        ({}, {"context.product_id": "8"}, {"product_id": "8"}, "the link leaves the product open"),
        ({"context.title": "Mug"}, {"context.sku": "A"}, {"title": "Mug", "sku": "A"}, "so does this one"),
    ],
)
def test_a_link_that_fixes_the_product_is_not_passed_by_with_another_name_of_it(
    site: Site, fixed: dict[str, str], given: dict[str, str], context: dict[str, str], why: str
) -> None:
    share_id = shared(site, fixed_values=fixed)
    client = visitor(site, share_id)
    ask(client, **given)
    (job,) = site.store.jobs_of_share_link(share_id, limit=10)
    assert job.context == context, why
    query = {name: value for name, value in given.items() if value.strip()}
    page = client.get("/shared", query_string=query).text
    asked = {f"context.{name}" for name in ("sku", "product_id") if f'name="context.{name}"' in page}
    is_fixed = bool(fixed.keys() & (SKU | PRODUCT).keys())
    assert asked == (set() if is_fixed else {"context.sku", "context.product_id"})


def test_the_job_of_somebody_else_is_not_there(site: Site) -> None:
    mine, other = shared(site), shared(site)
    ask(visitor(site, other))
    (job,) = site.store.jobs_of_share_link(other, limit=10)
    site.sign_in()
    made = site.client.post(f"/create/{KIND}", data=INPUT)
    admins = made.location.rpartition("/")[2]
    client = visitor(site, mine)
    for job_id in (job.id, admins, "job_unknown"):
        assert client.get(f"/shared/jobs/{job_id}").status_code == 404
        assert client.get(f"/shared/jobs/{job_id}/state.json").status_code == 404
        assert client.get(f"/jobs/{job_id}").status_code == 303, "to the sign-in"
    assert "A mug turns slowly" not in client.get("/shared").text


def test_a_spent_budget_says_so_and_spends_nothing(site: Site) -> None:
    share_id = shared(site, budget=0.5)
    client = visitor(site, share_id)
    answer = ask(client)
    assert answer.status_code == 422
    assert "Nothing was sent or spent." in answer.text
    assert "0.5 of this link&#39;s 0.5 are left" in answer.text
    assert "A mug turns slowly" in answer.text, "what was entered is kept"
    assert (site.count("job"), used(site, share_id)) == (0, 0)


def test_posts_at_the_same_moment_stay_within_the_budget(site: Site) -> None:
    probe = shared(site)
    ask(visitor(site, probe))
    cost = used(site, probe)
    share_id = shared(site, budget=cost * 3.5)
    clients = [visitor(site, share_id) for _ in range(10)]
    start = threading.Barrier(len(clients))
    statuses = []

    def storm(number: int) -> None:
        start.wait()
        while (status := ask(clients[number], key=f"form-{number}").status_code) == 503:
            pass  # the database was busy for the tenth of a second that a test waits
        statuses.append(status)

    threads = [threading.Thread(target=storm, args=(number,)) for number in range(len(clients))]
    for each in threads:
        each.start()
    for each in threads:
        each.join(60)
    assert sorted(statuses) == [303] * 3 + [422] * 7
    assert used(site, share_id) == cost * 3


def test_a_pipeline_is_asked_for_as_a_whole(site: Site) -> None:
    share_id = shared(site, form="commerce")
    client = visitor(site, share_id)
    assert client.get("/shared").status_code == 200
    given = {"edit_prompt": "White studio", "video_prompt": "It turns", "voice_text": "Meet the mug."}
    picture = (FOLDER / "sample.png").open("rb")
    answer = client.post("/shared", data={**given, "image": (picture, "mug.png", "image/png")})
    assert answer.status_code == 303, answer.text
    jobs = site.store.jobs_of_share_link(share_id, limit=20)
    assert len(jobs) > 1
    for job in jobs:
        page = client.get(f"/shared/jobs/{job.id}")
        assert page.status_code == 200
        assert "/pipelines/" not in page.text


@pytest.mark.parametrize("path", ["/shared", "/shared/price"])
def test_a_form_of_another_site_does_nothing(site: Site, path: str) -> None:
    client = visitor(site, shared(site))
    answer = client.post(path, data=INPUT, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    assert site.count("job") == 0


def test_a_price_is_told_with_what_is_fixed(open_site: OpenSite) -> None:
    site = open_site(SECRET_KEY=KEY["SECRET_KEY"])
    prices = []
    for number in ("1", "4"):
        client = visitor(site, shared(site, form="image", fixed_values={"n": number}))
        prices.append(client.post("/shared/price", data=INPUT | {"n": "2"}).get_json()["button"])
    assert len(set(prices)) == 2


def test_prices_for_visitors_take_none_of_the_accounts_requests(site: Site) -> None:
    """Each is one of ten requests a minute: reloading the form would keep the account's jobs waiting."""
    client = visitor(site, shared(site, form="voice"))
    for number in range(12):
        told = client.post("/shared/price", data={"text": f"Hello {number}."}).get_json()
        assert "typical" in told["sentence"]
    assert site.count("vendor_call") == 0
