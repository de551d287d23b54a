"""Create, home, jobs, job: what a marketer does and sees, by the forms and links that the pages have."""

import json
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest

from relay.generation.kinds import kinds
from relay.models.connection import Pause
from relay.models.delivery import Outcome
from relay.models.job import JobStatus
from relay.models.queue import CallOutcome, CallResult, QueueLimits, Submission
from tests.web.site import N8N, Site
from tests.wire import generation, wait_until

OpenSite = Callable[..., Site]
KEY = {"CREATIVEAI_API_KEY": "rph_key_of_this_test"}
HOSTILE = """"><script>alert('x')</script><img src=x onerror=alert(1)>{{ 7*7 }}\u202e\u200b"""
CLIP = {"prompt": "A mug turns", "duration": "5", "model": "auto", "failover": "true"}


@pytest.fixture
def shop(open_site: OpenSite) -> Site:
    """With a key, somebody signed in."""
    site = open_site(**KEY, **N8N)
    site.sign_in()
    return site


def words(text: str) -> str:
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", text)))


def create(site: Site, kind: str = "text-to-video", **fields: str) -> str:
    """The page of the job that the form makes."""
    answer = site.client.post(f"/create/{kind}", data={**CLIP, **fields})
    assert answer.status_code == 303, words(answer.text)
    return str(answer.headers["Location"])


def form_of(page: str) -> dict[str, str]:
    """What a browser would send of the page's first form with fields, untouched."""
    given = dict.fromkeys(re.findall(r'<(?:input|textarea|select)[^>]* name="([^"]+)"', page), "")
    for tag in re.findall(r"<input[^>]*>", page):
        name = re.search(r'name="([^"]+)"', tag)
        value = re.search(r'value="([^"]*)"', tag)
        if name and value and ('type="checkbox"' not in tag or " checked" in tag):
            given[name[1]] = unescape(value[1])
    for name, text in re.findall(r'<textarea[^>]* name="([^"]+)"[^>]*>\n(.*?)</textarea>', page, re.DOTALL):
        given[name] = unescape(text)
    for name, options in re.findall(r'<select[^>]* name="([^"]+)"[^>]*>(.*?)</select>', page, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', options)
        given[name] = unescape(chosen[1]) if chosen else ""
    return given


def send(site: Site) -> Submission:
    """The queue takes the job."""
    limits, now = QueueLimits(), time.time_ns() // 1_000_000
    call = site.store.claim_call(account(site), limits, now=now, lease_until=now + 1000, prefer=Submission)
    assert isinstance(call, Submission)
    return call


def account(site: Site) -> str:
    from relay.bootstrap.configuration import configure
    from relay.bootstrap.queue import account as of

    return of(configure({"DATA_DIR": str(site.database.parent), **KEY}).settings)


# ---- create


def test_every_kind_has_a_form_and_the_chain_has_one(shop: Site) -> None:
    page = shop.client.get("/create").text
    for each in (*kinds(),):
        assert f'href="/create/{each.name}"' in page
        assert each.title in unescape(shop.client.get(f"/create/{each.name}").text)
    assert "Product video with a voice" in shop.client.get("/create/commerce").text


@pytest.mark.heavy
@pytest.mark.parametrize("kind", [each.name for each in kinds()] + ["commerce"])
def test_an_untouched_form_names_what_is_missing_beside_its_field_and_keeps_the_rest(
    shop: Site, kind: str
) -> None:
    given = form_of(shop.client.get(f"/create/{kind}").text)
    answer = shop.client.post(f"/create/{kind}", data=given | {"context.sku": "MUG-1"})
    assert answer.status_code == 422
    assert "There is a problem" in answer.text
    assert "<title>Error:" in answer.text
    assert form_of(answer.text)["context.sku"] == "MUG-1"
    assert shop.count("job") == 0
    for name in re.findall(r'href="#([\w-]+)"', answer.text.partition("faults")[2].partition("</ul>")[0]):
        assert f'id="{name}"' in answer.text


def test_a_filled_in_form_queues_the_job_with_its_product_and_labels(shop: Site) -> None:
    page = shop.client.get(create(shop, **{"context.sku": "MUG-1", "context.title": "Mug"})).text
    assert "Job queued." in page
    assert "Queued" in words(page)
    (job,) = shop.store.jobs(limit=9)
    assert (job.input["prompt"], job.context) == ("A mug turns", {"sku": "MUG-1", "title": "Mug"})


def test_a_second_click_makes_no_second_job_and_other_values_make_another(shop: Site) -> None:
    first = create(shop, key="one")
    assert create(shop, key="one") == first
    assert create(shop, key="one", prompt="A bowl turns") != first
    assert shop.count("job") == 2


def test_the_chain_is_asked_for_once_and_shown_step_by_step(shop: Site) -> None:
    picture = png(800, 800)
    fields = {"edit_prompt": "White", "video_prompt": "It turns", "voice_text": "Meet the mug.", "key": "k"}
    places = set()
    for _ in range(2):
        data: dict[str, Any] = {**fields, "image": (picture, "mug.png", "image/png")}
        answer = shop.client.post("/create/commerce", data=_with_file(data))
        places.add(answer.headers["Location"])
    (place,) = places
    page = words(shop.client.get(place).text)
    for step in ("Edit", "Video", "Voice", "Compose"):
        assert re.search(rf"\d\. {step} ", page)
    assert shop.count("pipeline") == 1


def _with_file(data: dict[str, Any]) -> dict[str, Any]:
    from io import BytesIO

    content, name, kind = data["image"]
    return data | {"image": (BytesIO(content), name, kind)}


def png(width: int, height: int) -> bytes:
    import struct
    import zlib

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress((b"\0" + b"\xff" * (3 * width)) * height)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def test_any_field_can_be_filled_in_by_the_address(shop: Site) -> None:
    page = shop.client.get("/create/text-to-video?prompt=A+bowl&duration=7&sku=B-1").text
    given = form_of(page)
    assert (given["prompt"], given["duration"], given["context.sku"]) == ("A bowl", "7", "B-1")


def test_running_again_brings_the_form_back_as_it_was(shop: Site) -> None:
    page = shop.client.get(create(shop, duration="9", sound="true", **{"context.sku": "MUG-1"})).text
    (link,) = re.findall(r'href="(/create/text-to-video\?[^"]+)">Edit and rerun', page)
    given = form_of(shop.client.get(unescape(link)).text)
    assert (given["prompt"], given["duration"], given["sound"]) == ("A mug turns", "9", "true")
    assert given["context.sku"] == "MUG-1"


def test_the_price_stands_before_the_click_and_follows_what_is_filled_in(shop: Site) -> None:
    assert "About 60 credits, which is typical" in words(shop.client.get("/create/text-to-video").text)
    price = shop.client.post("/create/text-to-video/price", data=CLIP).get_json()
    assert price["button"] == "60 credits"
    assert shop.client.post("/create/text-to-video/price", data={"prompt": ""}).get_json() == price
    assert shop.client.post("/create/text-to-video/price", data={"duration": "99"}).get_json() == {}
    assert shop.count("job") == 0


def test_without_a_key_nothing_is_queued_and_the_page_says_what_to_do(site: Site) -> None:
    site.sign_in()
    answer = site.client.post("/create/text-to-video", data=CLIP)
    assert answer.status_code == 422
    assert "No CreativeAI API key is set, so nothing was sent or charged." in words(answer.text)
    assert site.count("job") == 0


def test_what_no_day_could_pay_is_refused_before_anything_is_spent(open_site: OpenSite) -> None:
    site = open_site(**KEY, CREATIVEAI_CREDITS_PER_DAY="10")
    site.sign_in()
    answer = site.client.post("/create/text-to-video", data=CLIP)
    assert answer.status_code == 422
    assert "about 60 credits, and the limit Credits a day (CREATIVEAI_CREDITS_PER_DAY) is 10" in words(
        answer.text
    )
    assert site.count("job") == 0


# ---- job


def test_a_waiting_job_says_so_and_can_be_canceled_and_sent_again(shop: Site) -> None:
    place = create(shop)
    assert "Next in the queue." in shop.client.get(place).text
    page = shop.client.post(f"{place}/cancel", follow_redirects=True).text
    assert "The job is canceled. It was not sent, so nothing was charged." in page
    assert "Canceled" in words(page)
    page = shop.client.post(f"{place}/retry", follow_redirects=True).text
    assert "The job is in the queue again." in page
    page = shop.client.post(f"{place}/refresh", follow_redirects=True).text
    assert "The job is queued and was not refreshed." in words(page)


def test_a_result_is_shown_with_its_file_its_cost_and_where_it_went(shop: Site) -> None:
    place = create(shop, **{"context.sku": "MUG-1"})
    call, now = send(shop), time.time_ns() // 1_000_000
    found = CallResult(call, now, "vgen_1", ("vgen_1",), None, "response", credits=28.0)
    shop.store.keep_result(found, [])
    shop.post(generation("vgen_1", credits=28, model="auto", model_actual="kling-v3"))
    shop.deliver(note="Written to row 7", link="https://sheets.example.com/7")
    text = shop.client.get(place).text
    page = words(text)
    assert "<video controls" in text
    assert "autoplay" not in text
    for sentence in (
        "Completed",
        "Received by webhook.",
        "Model: kling-v3 (requested: auto).",
        "CreativeAI charged 28 credits.",
        "Delivered: webhook",
        "Written to row 7",
        "MUG-1",
    ):
        assert sentence in page, sentence


def test_a_failure_says_why_and_whether_it_was_charged(shop: Site) -> None:
    place = create(shop)
    call = send(shop)
    why = "CreativeAI did not accept this text. Nothing was charged."
    shop.store.end_call(CallOutcome(call, time.time_ns() // 1_000_000, JobStatus.FAILED, why))
    page = words(shop.client.get(place).text)
    assert why in page
    assert "Retry job" in page


def test_a_held_job_explains_itself_and_can_be_tied_to_what_was_found(shop: Site) -> None:
    place = create(shop)
    why = "The answer was lost. Look at CreativeAI whether it was started."
    shop.store.end_call(CallOutcome(send(shop), time.time_ns() // 1_000_000, JobStatus.HELD, why))
    assert why in words(shop.client.get(place).text)
    assert "Enter the id" in shop.client.post(f"{place}/link", follow_redirects=True).text
    page = shop.client.post(f"{place}/link", data={"generation_id": "vgen_9"}, follow_redirects=True).text
    assert "The job is linked to vgen_9." in page
    assert "Rendering" in words(page)


def test_its_state_is_sent_once_and_then_only_when_it_changes(shop: Site) -> None:
    place = create(shop)
    first = shop.client.get(f"{place}/state.json")
    assert first.get_json() == {"state": "Queued", "sentence": "A mug turns: Queued.", "final": False}
    again = shop.client.get(f"{place}/state.json", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    shop.client.post(f"{place}/cancel")
    changed = shop.client.get(f"{place}/state.json", headers={"If-None-Match": first.headers["ETag"]})
    assert changed.get_json() == {"state": "Canceled", "sentence": "A mug turns: Canceled.", "final": True}


def test_the_page_renews_itself_where_scripts_are_off_and_only_while_it_runs(shop: Site) -> None:
    place = create(shop)
    assert '<noscript><meta http-equiv="refresh" content="15">' in shop.client.get(place).text
    shop.client.post(f"{place}/cancel")
    assert "http-equiv" not in shop.client.get(place).text


# ---- jobs


def test_jobs_are_found_by_prompt_sku_and_id_and_the_filter_stands_in_the_address(shop: Site) -> None:
    mug = create(shop, prompt="A mug turns on a TABLE", **{"context.sku": "MUG-1"}).rpartition("/")[2]
    bowl = create(shop, prompt="Eine Schüssel").rpartition("/")[2]
    for text, expected in (
        ("table", [mug]),
        ("tab", [mug]),
        ("MUG-1", [mug]),
        ("schüssel", [bowl]),
        (mug, [mug]),
        ("prompt", []),
        ('"', []),
        ("NOT mug", []),
        ("a* OR b", []),
    ):
        page = shop.client.get("/jobs", query_string={"q": text}).text
        assert re.findall(r'href="/jobs/(job_\w+)"', page) == expected, text
    shop.client.post(f"/jobs/{bowl}/cancel")
    page = shop.client.get("/jobs?status=canceled").text
    assert re.findall(r'href="/jobs/(job_\w+)"', page) == [bowl]
    assert "No matching jobs" in shop.client.get("/jobs?status=failed").text


@pytest.mark.parametrize("query", ["", "&q=mug", "&status=queued"])
def test_a_long_list_goes_on_where_the_page_ended(shop: Site, query: str) -> None:
    for number in range(30):
        create(shop, prompt=f"mug {number}", key=str(number))
    seen: list[str] = []
    place = f"/jobs?x=1{query}"
    while place:
        page = shop.client.get(place).text
        seen += re.findall(r'href="/jobs/(job_\w+)"', page)
        following = re.findall(r'href="(/jobs\?[^"]*before=[^"]+)"', page)
        place = unescape(following[0]) if following else ""
    assert len(seen) == len(set(seen)) == 30


def test_jobs_are_narrowed_by_kind_state_day_and_words_and_the_address_has_it(shop: Site) -> None:
    create(shop, **{"context.sku": "MUG-1"})
    create(shop, kind="voice", text="Hello", **{"context.sku": "MUG-2"})
    today = datetime.now(UTC).date()

    def seen(**chosen: str) -> list[str]:
        page = shop.client.get("/jobs", query_string=chosen).text
        return sorted(re.findall(r"MUG-\d", page.partition('<ul class="tiles">')[2]))

    assert seen() == ["MUG-1", "MUG-2"]
    for narrowed, expected in (
        ({"kind": "voice"}, ["MUG-2"]),
        ({"kind": "voice", "status": "queued"}, ["MUG-2"]),
        ({"kind": "voice", "status": "failed"}, []),
        ({"from": f"{today - timedelta(days=1)}", "to": f"{today + timedelta(days=1)}"}, ["MUG-1", "MUG-2"]),
        ({"from": f"{today + timedelta(days=2)}"}, []),
        ({"to": f"{today - timedelta(days=2)}", "kind": "voice"}, []),
        ({"q": "mug", "kind": "voice"}, ["MUG-2"]),
        ({"q": "mug", "status": "failed"}, []),
        ({"q": "mug", "to": f"{today - timedelta(days=2)}"}, []),
        ({"q": "mug", "from": f"{today - timedelta(days=1)}"}, ["MUG-1", "MUG-2"]),
        ({"from": "tomorrow", "kind": "fax"}, ["MUG-1", "MUG-2"]),  # as if nothing had been chosen
    ):
        assert seen(**narrowed) == expected, narrowed
    page = shop.client.get("/jobs?kind=voice&from=2026-01-02").text
    assert 'value="voice" selected' in page
    assert 'value="2026-01-02"' in page
    assert "No matching jobs" in shop.client.get("/jobs?to=2026-01-02").text


def test_the_form_shows_the_same_call_of_the_api_with_what_is_filled_in(shop: Site) -> None:
    page = unescape(shop.client.get("/create/text-to-video?prompt=A+%22red%22+mug&duration=7&sku=MUG-1").text)
    call = json.loads(re.findall(r"(\{\s*\"kind\".*?)</code>", page, re.DOTALL)[0])
    assert call == {
        "kind": "text-to-video",
        "input": {"prompt": 'A "red" mug', "duration": 7},
        "context": {"sku": "MUG-1"},
    }


def test_what_creativeai_objects_to_stands_beside_our_field_when_it_is_run_again(shop: Site) -> None:
    place = create(shop, **{"context.sku": "MUG-1"})
    now = time.time_ns() // 1_000_000
    why = "CreativeAI did not accept this text. You were not charged."
    shop.store.end_call(CallOutcome(send(shop), now, JobStatus.FAILED, why, "prompt"))
    (again,) = re.findall(
        r'href="(/create/text-to-video\?[^"]+)">Edit and rerun', shop.client.get(place).text
    )
    page = shop.client.get(unescape(again)).text
    assert "<title>Error:" in page
    assert f'<a href="#prompt">Prompt: {why}</a>' in page
    assert 'aria-invalid="true"' in page
    assert form_of(page)["prompt"] == CLIP["prompt"]
    assert form_of(page)["context.sku"] == "MUG-1"
    assert (
        "There is a problem" not in shop.client.get("/create/voice?" + unescape(again).partition("?")[2]).text
    )


def test_an_empty_list_says_how_to_begin(shop: Site) -> None:
    assert "No jobs yet" in shop.client.get("/jobs").text


# ---- home


def test_home_says_what_needs_attention_and_leads_there(shop: Site) -> None:
    create(shop)
    shop.store.end_call(CallOutcome(send(shop), time.time_ns() // 1_000_000, JobStatus.HELD, "Lost."))
    shop.store.pause("webhook", Pause(since=1_772_000_000_000, why="It answered 410.", until=None))
    shop.post(generation("vgen_1"))
    shop.store.resume("webhook", now=time.time_ns() // 1_000_000)
    shop.deliver(outcome=Outcome.FAILED, note="It answered 422.")
    shop.store.pause("webhook", Pause(since=1_772_000_000_000, why="It answered 410.", until=None))
    shop.post(b"{}", secret=None)
    wait_until(lambda: shop.count("refused_webhook") == 1)
    page = shop.client.get("/").text
    for title, *links in (
        ("1 job on hold", "/jobs?status=held"),
        ("webhook: paused", "/connections/webhook"),
        (
            "webhook: 1 delivery failed",
            "/connections/webhook",
            "/deliveries/replay?status=failed&amp;connection=webhook",
        ),
        ("1 webhook refused in the last 24 hours", "/deliveries/incoming"),
    ):
        (card,) = (part for part in page.split("<li") if f"{title}</h3>" in part)
        for link in links:
            assert f'href="{link}"' in card, title
    assert "It answered 422." in page


def test_what_failed_at_one_connection_is_one_card_by_reasons(shop: Site) -> None:
    for number, why in enumerate(
        ("No product has the SKU A-1.", "The token was refused.", "No product has the SKU B-2.")
    ):
        shop.post(generation(f"vgen_{number}"))
        shop.deliver(outcome=Outcome.FAILED, note=why)
    page = words(shop.client.get("/").text)
    assert page.count("webhook: 3 deliveries failed") == 3  # the title, and what each of two links is for
    assert "2: No product has the SKU B-2. 1: The token was refused. First failure" in page


def test_home_of_a_new_relay_says_what_to_do_next(site: Site) -> None:
    page = words(site.page().text)
    assert "No CreativeAI API key is set" in page
    assert "No results yet" in page
    assert "Needs attention" not in page


def test_where_the_disk_is_wiped_home_says_so(open_site: OpenSite) -> None:
    page = open_site(DYNO="web.1").page().text
    assert "Heroku wipes its disk at least once a day: history, connections, API tokens" in page
    assert "Add Heroku Postgres" in page


def test_hostile_text_in_everything_that_others_write_stays_text(shop: Site) -> None:
    place = create(shop, prompt=HOSTILE, **{"context.sku": HOSTILE, "context.title": HOSTILE})
    shop.store.end_call(CallOutcome(send(shop), time.time_ns() // 1_000_000, JobStatus.FAILED, HOSTILE))
    for path in (place, "/jobs", f"/jobs?q={HOSTILE}", f"/create/image?prompt={HOSTILE}&sku={HOSTILE}"):
        page = shop.client.get(path).text
        assert "alert(&#39;x&#39;)" in page, path
        assert "<script>" not in page
        assert "<img src=x" not in page
        assert "49" not in re.findall(r"onerror=alert\(1\)&gt;(.{0,12})", page)


def test_no_page_has_a_script_or_style_of_its_own(shop: Site) -> None:
    place = create(shop)
    for path in ("/", "/login", "/create", "/create/image-edit", "/jobs", place):
        page = shop.client.get(path).text
        assert re.findall(r"<script(?! src=)", page) == []
        assert "<style" not in page
        assert not re.search(r"\s(style|on\w+)=", page)


def test_no_secret_is_on_a_page(open_site: OpenSite) -> None:
    site = open_site(**N8N, CREATIVEAI_API_KEY="rph_live_key_of_the_account", WEBHOOK_SECRET="s" * 30)
    site.sign_in()
    for path in ("/", "/create", "/create/image", "/jobs"):
        page = site.client.get(path).text
        for secret in ("rph_live_key", "webhook/x", "s" * 30, "battery staple", "whsec"):
            assert secret not in page
