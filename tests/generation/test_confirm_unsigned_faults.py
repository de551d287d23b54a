"""Unsigned webhooks beside signed ones and jobs of ours, and what goes wrong while they are confirmed."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from relay.intake import events
from relay.models.job import NewJob, RateBucket, Source
from relay.models.queue import QueueLimits, Submission
from sandbox import API_KEY, Fault
from tests.generation.confirming import ACCOUNT, SHEET, Relay, route, running
from tests.sandbox.client import Client
from tests.store.contract.make import claim_one


@pytest.fixture
def relay(tmp_path: Path) -> Iterator[Relay]:
    with running(tmp_path / "relay.db") as relay:
        yield relay


@pytest.fixture
def vendor(relay: Relay) -> Client:
    """Somebody who starts jobs elsewhere, with the same key."""
    return relay.vendor


# ---- beside signed ones and jobs of ours


def test_a_signed_one_that_comes_while_the_unsigned_is_held_gives_one_delivery(
    relay: Relay, vendor: Client
) -> None:
    made = vendor.create_with_webhook()
    vendor.pass_time(150)
    relay.take_all()
    (item,) = relay.sandbox.received("relay")
    headers = {"x-creativeai-delivery-id": made}
    signed = events.parse(
        item.body.encode(), headers, label="", secret="CREATIVEAI_API_KEY", received_at=relay.now
    )
    assert relay.store.accept(signed, route(signed.results, relay.now)).new
    relay.pass_time()
    assert (relay.held, relay.claimed) == (0, [(made, "completed")])
    (event,) = relay.store.events(limit=10)
    assert (event.secret, event.repeats, event.changed) == ("CREATIVEAI_API_KEY", 1, 0)


def test_one_that_tells_of_a_job_of_ours_is_not_held(relay: Relay, vendor: Client) -> None:
    made = vendor.create_with_webhook()
    job = NewJob("text-to-video", {}, {}, Source.ELSEWHERE, "video", RateBucket.VIDEO, vendor_id=made)
    relay.store.create_jobs([job], now=relay.now)
    vendor.pass_time(150)
    relay.take_all()
    assert relay.held == 0


def test_a_reference_whose_job_has_lost_its_answer_finds_it_once_confirmed(
    relay: Relay, vendor: Client
) -> None:
    job = NewJob("text-to-video", {}, {"sku": "MUG-1"}, Source.API, "video", RateBucket.VIDEO)
    (created,) = relay.store.create_jobs([job], now=relay.now)
    call = relay.store.claim_call(ACCOUNT, QueueLimits(), now=relay.now, lease_until=relay.now + 1)
    made = vendor.create_with_webhook()
    vendor.pass_time(150)
    assert isinstance(call, Submission)
    relay.take_all(f"job={call.reference}")
    relay.pass_time()
    assert relay.store.generations_of(created.job_id) == [made]
    assert claim_one(relay.store, SHEET, at=relay.now).context == {"sku": "MUG-1"}


# ---- what goes wrong


def test_what_was_held_survives_a_stop_between_any_two_steps(relay: Relay, vendor: Client) -> None:
    made = vendor.create_with_webhook()
    vendor.pass_time(150)
    relay.take_all("sku=MUG-1")
    claimed = relay.store.claim_unsigned(ACCOUNT, QueueLimits(), now=relay.now, again_at=relay.now + 60_000)
    assert claimed is not None
    relay.store.close()
    relay.open()
    assert relay.held == 1
    relay.pass_time(59)
    assert relay.claimed == []
    relay.pass_time(1)
    assert (relay.held, relay.claimed) == (0, [(made, "completed")])


@pytest.mark.parametrize("fault", [Fault.UNAVAILABLE, Fault.LOST_ANSWER])
def test_a_look_that_fails_drops_nothing_and_counts_against_nobody(
    fault: Fault, relay: Relay, vendor: Client
) -> None:
    made = vendor.create_with_webhook()
    vendor.pass_time(150)
    relay.take_all()
    relay.sandbox.inject_lookups(fault, 5)
    for _ in range(5):
        relay.pass_time(60)
        assert (relay.held, relay.claimed) == (1, [])
    assert relay.rows("select tries from unsigned_event") == [(0,)]
    relay.pass_time(60)
    assert (relay.held, relay.claimed) == (0, [(made, "completed")])


def test_a_429_ends_all_looks_until_the_vendor_takes_them_again(relay: Relay, vendor: Client) -> None:
    for _ in range(2):
        vendor.create_with_webhook()
    vendor.pass_time(150)
    relay.take_all()
    relay.sandbox.inject_lookups(Fault.TOO_MANY_REQUESTS)
    relay.pass_time()
    ((until,),) = relay.rows("select until from rate_hold where rate_bucket = 'poll'")
    assert until > relay.now
    relay.clock.now = until / 1000 - 1
    relay.pass_time(0)
    assert relay.held == 2
    relay.pass_time(61)
    relay.pass_time()
    assert (relay.held, len(relay.claimed)) == (0, 2)


def test_a_refused_key_drops_nothing_and_is_not_asked_with_again_and_again(
    relay: Relay, vendor: Client, caplog: pytest.LogCaptureFixture
) -> None:
    relay.store.close()
    relay.key = "wrong-key-of-somebody"
    relay.open()
    made = vendor.create_with_webhook()
    vendor.pass_time(150)
    relay.take_all()
    with caplog.at_level(logging.WARNING):
        for _ in range(20):
            relay.pass_time(20)
    assert len([each for each in caplog.records if each.message == "unsigned webhook not asked about"]) == 1
    relay.store.close()
    relay.key = API_KEY
    relay.open()
    relay.pass_time(600)
    assert (relay.held, relay.claimed) == (0, [(made, "completed")])


def test_an_hour_without_the_vendor_ends_it(relay: Relay, vendor: Client) -> None:
    vendor.create_with_webhook()
    vendor.pass_time(150)
    relay.take_all()
    relay.store.hold_polls(ACCOUNT, "Busy.", now=relay.now, until=relay.now + 3_600_000)
    relay.pass_time(3_601)
    assert (relay.held, relay.claimed) == (0, [])
