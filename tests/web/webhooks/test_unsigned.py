"""Unsigned webhooks at the door: refused unless the owner has asked for it, and then kept apart."""

import json
from collections.abc import Callable

import pytest

from relay.config.settings import load
from relay.errors import SettingsError
from relay.intake.unsigned import LARGEST
from relay.models.job import NewJob, RateBucket, Source
from tests.web.site import N8N, PATH, Site
from tests.wire import generation, sign, wait_until

OpenSite = Callable[..., Site]
KEY = "rph_live_for-tests"
CONFIRM = N8N | {"CREATIVEAI_UNSIGNED_WEBHOOKS": "confirm", "CREATIVEAI_API_KEY": KEY}


@pytest.fixture
def confirming(open_site: OpenSite) -> Site:
    return open_site(**CONFIRM)


def test_by_default_it_is_refused_and_leaves_no_trace(site: Site) -> None:
    answer = site.post(generation("vgen_1"), secret=None)
    assert answer.status_code == 401
    assert "X-CreativeAI-Signature is missing" in answer.get_json()["error"]
    assert site.count("unsigned_event") == site.count("event") == 0


def test_with_confirm_it_is_202_kept_apart_and_owes_nothing(confirming: Site) -> None:
    headers = {"X-CreativeAI-Delivery-Id": "vgen_1", "Authorization": "Bearer not-kept"}
    body = json.dumps(generation("vgen_1")).encode()
    answer = confirming.post(body, secret=None, path=f"{PATH}/shop?sku=MUG-1", headers=headers)
    assert answer.status_code == 202
    assert "The signature is missing." in answer.get_json()["note"]
    ((kept, label, query, told),) = confirming.rows("select body, label, query, headers from unsigned_event")
    assert (kept, label, query) == (body, "shop", "sku=MUG-1")
    assert "authorization" not in json.loads(told)
    assert confirming.count("event") == confirming.count("generation") == 0
    assert confirming.deliveries() == []


def test_a_sender_who_has_had_its_share_is_told_to_come_again_and_others_are_let_in(
    confirming: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("relay.intake.unsigned.MAX_STORED", 4)
    answers = [confirming.post(generation(f"vgen_{number}"), secret=None) for number in range(3)]
    assert [answer.status_code for answer in answers] == [202, 202, 503]
    assert (answers[2].headers["Retry-After"], confirming.count("unsigned_event")) == ("5", 2)
    again = confirming.client.post(
        PATH, json=generation("vgen_9"), environ_base={"REMOTE_ADDR": "203.0.113.9"}
    )
    assert again.status_code == 202
    assert confirming.rows("select distinct sender from unsigned_event") == [("127.0.0.1",), ("203.0.113.9",)]


@pytest.mark.parametrize("wrong", ["", "sha256=", "sha256=" + "0" * 64, "nonsense"])
def test_a_wrong_signature_is_refused_all_the_same(confirming: Site, wrong: str) -> None:
    body = generation("vgen_1")
    headers = {"X-CreativeAI-Signature": wrong}
    assert confirming.post(body, secret=None, headers=headers).status_code == 401
    assert confirming.post(body, secret="somebody else's").status_code == 401
    assert confirming.count("unsigned_event") == 0


def test_a_forged_one_does_not_delay_the_signed_one_by_a_moment(confirming: Site) -> None:
    forged = generation("vgen_1", output_url="https://forged.invalid/x.mp4")
    assert confirming.post(forged, secret=None).status_code == 202
    answer = confirming.post(generation("vgen_1"))
    assert (answer.status_code, answer.get_json()["new"]) == (202, True)
    assert confirming.deliveries() == [("vgen_1", "completed", "pending")]
    assert confirming.rows("select repeats, changed from event") == [(0, 0)]


def test_what_cannot_be_asked_about_is_refused_with_the_reason_and_shown(confirming: Site) -> None:
    answer = confirming.post(generation("vgen_1", "processing"), secret=None)
    assert answer.status_code == 401
    assert "the signature is missing" in answer.get_json()["error"]
    large = confirming.post(generation("vgen_1", prompt="x" * LARGEST), secret=None)
    assert large.status_code == 401
    assert "larger than" in large.get_json()["error"]
    assert confirming.post(b"{", secret=None).status_code == 401
    assert confirming.count("unsigned_event") == 0
    wait_until(lambda: "larger than" in confirming.page("/deliveries/incoming").get_data(as_text=True))


def test_large_headers_fill_no_disk_either(confirming: Site) -> None:
    headers = {f"X-CreativeAI-{number}": "x" * 4_096 for number in range(20)}
    assert confirming.post(generation("vgen_1"), secret=None, headers=headers).status_code == 401


def test_one_that_tells_of_a_job_of_ours_needs_no_row_the_job_is_looked_at(confirming: Site) -> None:
    job = NewJob("text-to-video", {}, {}, Source.ELSEWHERE, "video", RateBucket.VIDEO, vendor_id="vgen_1")
    confirming.store.create_jobs([job], now=1_000)
    confirming.rows("update job set poll_at = 9999999999999")
    assert confirming.post(generation("vgen_1"), secret=None).status_code == 202
    assert confirming.count("unsigned_event") == 0
    assert confirming.rows("select poll_at < 9999999999999 from job") == [(1,)]


def test_a_signature_by_the_api_key_counts_as_ever(confirming: Site) -> None:
    raw = json.dumps(generation("vgen_1")).encode()
    answer = confirming.post(raw, secret=None, headers={"X-CreativeAI-Signature": sign(raw, KEY)})
    assert (answer.status_code, answer.get_json()["new"]) == (202, True)


def test_confirm_needs_the_api_key() -> None:
    with pytest.raises(SettingsError, match="CREATIVEAI_UNSIGNED_WEBHOOKS: confirm needs CREATIVEAI_API_KEY"):
        load({"CREATIVEAI_UNSIGNED_WEBHOOKS": "confirm"})
    with pytest.raises(SettingsError, match="CREATIVEAI_UNSIGNED_WEBHOOKS"):
        load({"CREATIVEAI_UNSIGNED_WEBHOOKS": "accept", "CREATIVEAI_API_KEY": KEY})
    with pytest.raises(SettingsError) as raised:
        load({"CREATIVEAI_UNSIGNED_WEBHOOKS": "confirm", "CREATIVEAI_API_KEY": "short"})
    assert [fault.partition(":")[0] for fault in raised.value.faults] == ["CREATIVEAI_API_KEY"]
