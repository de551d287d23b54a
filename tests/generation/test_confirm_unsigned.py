"""Webhooks that nobody signed against the sandbox: only what CreativeAI says itself counts, and once."""

import json
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from sandbox import Fault
from tests.generation.confirming import SHEET, Relay, running
from tests.sandbox.client import Client
from tests.sandbox.creativeai.requests import REQUESTS
from tests.store.contract.make import claim_one, ended
from tests.wire import generation

LINK = "https://forged.invalid/output/other.mp4"
BATCH = "/v1/video/generations/batch"
CALLING_BACK = sorted(path for path in REQUESTS if "video" in path or "generate" in path)


@pytest.fixture
def relay(tmp_path: Path) -> Iterator[Relay]:
    with running(tmp_path / "relay.db") as relay:
        yield relay


@pytest.fixture
def vendor(relay: Relay) -> Client:
    """Somebody who starts jobs elsewhere, with the same key."""
    return relay.vendor


def link_of(vendor: Client, generation_id: str) -> str:
    return str(vendor.status(generation_id)["output_url"])


# ---- confirmed


def test_what_the_vendor_confirms_is_delivered_once_with_its_context(relay: Relay, vendor: Client) -> None:
    made = vendor.create_with_webhook()
    vendor.pass_time(150)
    relay.take_all("sku=MUG-1")
    assert relay.claimed == []
    relay.pass_time()
    assert relay.held == 0
    delivery = claim_one(relay.store, SHEET, at=relay.now)
    assert (delivery.result.generation_id, delivery.context) == (made, {"sku": "MUG-1"})
    assert delivery.result.outputs[0].url == link_of(vendor, made)
    relay.store.settle([ended(delivery, at=relay.now)])
    (event,) = relay.store.events(limit=10)
    assert (event.delivery_id, event.status, event.secret) == (made, "completed", "confirmed by CreativeAI")
    relay.take_all("sku=MUG-1")
    for _ in range(3):
        relay.pass_time(60)
    assert (relay.held, relay.claimed) == (0, [(made, "completed")])
    assert relay.store.events(limit=10)[0].repeats == 1


@pytest.mark.heavy
@pytest.mark.parametrize("path", CALLING_BACK)
@pytest.mark.parametrize("fate", [(), (Fault.FAILED,)], ids=["completed", "failed"])
def test_every_kind_that_calls_back_can_be_confirmed(
    path: str, fate: tuple[Fault, ...], relay: Relay, vendor: Client
) -> None:
    relay.sandbox.inject(*fate, Fault.UNSIGNED)
    vendor.post(path, **REQUESTS[path], webhook_url=vendor.inbox)
    vendor.pass_time(600)
    relay.take_all()
    assert relay.held == 1
    relay.pass_time()
    assert relay.held == 0
    assert {status for _, status in relay.claimed} == {"failed" if fate else "completed"}


def test_of_a_batch_all_that_it_says_is_confirmed_and_each_video_is_delivered_once(
    relay: Relay, vendor: Client
) -> None:
    relay.sandbox.inject(Fault.PARTIAL_BATCH, Fault.CHILDREN_TOO)
    vendor.post(BATCH, **REQUESTS[BATCH], webhook_url=vendor.inbox)
    vendor.pass_time(600)
    relay.take_all()
    assert relay.held > 2
    while relay.held:
        relay.pass_time()
    assert len(relay.claimed) == len(REQUESTS[BATCH]["prompts"])
    assert len({each for each, _ in relay.claimed}) == len(relay.claimed)


def test_only_the_vendors_own_words_are_handed_on(relay: Relay, vendor: Client) -> None:
    relay.sandbox.inject(Fault.FAILED)
    made = vendor.create_with_webhook()
    vendor.pass_time(150)
    relay.forge(
        made, status="failed", output_url=None, error_message="Pay at https://forged.invalid", credits=-1
    )
    relay.pass_time()
    (delivery,) = relay.store.claim([SHEET], now=relay.now, lease_until=relay.now + 1_000).deliveries
    assert delivery.result.error == "Video generation timed out after 10 minutes"
    assert delivery.result.credits != -1


def test_a_webhook_that_is_ahead_of_the_status_is_asked_about_again(relay: Relay, vendor: Client) -> None:
    made = vendor.create_with_webhook()
    relay.forge(made, output_url=f"{relay.sandbox.url}/output/{made}.mp4")
    relay.pass_time(6)
    assert (relay.held, relay.claimed) == (1, [])
    vendor.pass_time(150)
    relay.pass_time(0)
    assert (relay.held, relay.claimed) == (0, [(made, "completed")])


# ---- forged


@pytest.mark.parametrize("forged", [{"output_url": LINK}, {"status": "failed", "output_url": None}])
def test_a_forged_one_before_the_real_one_changes_nothing(
    forged: dict[str, Any], relay: Relay, vendor: Client
) -> None:
    made = vendor.create_with_webhook()
    relay.forge(made, query="sku=FORGED", **forged)
    relay.pass_time()
    vendor.pass_time(150)
    relay.forge(made, query="sku=FORGED&job=x", **forged)
    relay.take_all("sku=MUG-1")
    while relay.held:
        relay.pass_time(60)
    assert relay.claimed == [(made, "completed")]
    delivery = claim_one(relay.store, SHEET, at=relay.now)
    assert delivery.result.outputs[0].url == link_of(vendor, made)
    assert delivery.context == {"sku": "MUG-1"}


def test_other_links_than_the_vendors_are_dropped_at_once(relay: Relay, vendor: Client) -> None:
    made = vendor.create_with_webhook()
    vendor.pass_time(150)
    relay.forge(made, output_url=LINK)
    relay.pass_time()
    assert (relay.held, relay.claimed, relay.store.events(limit=10)) == (0, [], [])


def test_a_batch_with_one_forged_video_is_not_confirmed(relay: Relay, vendor: Client) -> None:
    vendor.post(BATCH, **REQUESTS[BATCH], webhook_url=vendor.inbox)
    vendor.pass_time(600)
    (item,) = relay.sandbox.received("relay")
    body = json.loads(item.body)
    body["jobs"].append(generation("vgen_forged"))
    relay.take(json.dumps(body).encode())
    relay.pass_time()
    assert (relay.held, relay.claimed) == (1, [])


def test_one_that_the_vendor_does_not_know_is_asked_about_four_times_and_dropped(relay: Relay) -> None:
    relay.forge("vgen_forged")
    times = []
    for second in range(1, 1_000):
        before = relay.looks
        relay.pass_time(1)
        if relay.looks > before or relay.held == 0:
            times.append(second)
        if relay.held == 0:
            break
    assert relay.held == 0
    assert [later - earlier for earlier, later in pairwise(times)] == [10, 60, 600]
    assert relay.claimed == []


def test_amid_a_flood_a_real_one_from_elsewhere_is_confirmed_with_the_next_look_but_one(
    relay: Relay, vendor: Client
) -> None:
    made = vendor.create_with_webhook()
    vendor.pass_time(150)
    for number in range(50):
        relay.forge(f"vgen_forged_{number}", address="203.0.113.9")
        relay.clock.now += 0.001
    relay.take_all(address="198.51.100.7")
    relay.pass_time(1)
    relay.pass_time(1)
    assert relay.claimed == [(made, "completed")]


def test_a_refusal_says_how_many_requests_the_key_may_make_and_so_polls_become_faster(relay: Relay) -> None:
    """A relay that has sent nothing counts on the smallest plan: five of these polls a minute."""
    for number in range(20):
        relay.forge(f"vgen_forged_{number}")
    for _ in range(20):
        relay.pass_time(1)
    assert relay.looks == 20
