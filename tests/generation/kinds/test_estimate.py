"""What a job costs: the vendor's own number, else a typical one that says so."""

import json

import pytest
import requests
from responses import RequestsMock

from relay.creativeai import CreativeAI
from relay.generation.kinds import Estimate, Kind, ask, estimate, kind, kinds
from tests.creativeai.calls import API, NOW
from tests.generation.inputs import LEAST, job_input
from tests.reference.creativeai import prices

CALCULATE = f"{API}/api/v1/model/calculate"


@pytest.mark.parametrize("name", LEAST)
def test_every_kind_has_a_typical_price_that_is_labelled_so(name: str) -> None:
    found = estimate(kind(name), job_input(name))
    assert found.credits > 0
    assert found.source == "typical"
    assert found.summary.startswith("About ")
    assert "typical" in found.summary


@pytest.mark.parametrize(("name", "credits"), prices().items())
def test_the_typical_prices_are_the_references(name: str, credits: int) -> None:  # noqa: A002 - the field's name
    assert estimate(kind(name), job_input(name)).credits == credits


def test_more_of_it_costs_more() -> None:
    one, four = job_input("image"), job_input("image", n=4)
    assert estimate(kind("image"), four).credits == 4 * estimate(kind("image"), one).credits
    batch = job_input("video-batch", prompts=["a", "b", "c"])
    assert estimate(kind("video-batch"), batch).credits == 90  # as in the vendor's sample


def test_the_vendors_own_number_wins(net: RequestsMock, client: CreativeAI) -> None:
    net.post(CALCULATE, json={"credits": 12.5})
    found = ask(kind("image"), job_input("image", n=2), client, NOW)
    assert found == Estimate(12.5, "calculated")
    assert found.summary == "CreativeAI calculates 12.5 credits."
    asked = json.loads(net.calls[0].request.body or b"")
    assert asked == {"type": "image", **job_input("image", n=2).body()}


@pytest.mark.parametrize("each", kinds(), ids=lambda each: each.name)
def test_without_one_the_typical_price_remains(client: CreativeAI, each: Kind) -> None:
    typical = estimate(each, job_input(each.name))
    if not each.priced_as:
        with RequestsMock() as net:
            assert ask(each, job_input(each.name), client, NOW) == typical
            assert not net.calls
        return
    for answer in ({"json": {"ok": True}}, {"json": []}, {"status": 404}, {"body": b"<html>"}):
        with RequestsMock() as net:
            net.post(CALCULATE, **answer)
            assert ask(each, job_input(each.name), client, NOW) == typical
    with RequestsMock() as net:
        net.post(CALCULATE, body=requests.ReadTimeout())
        assert ask(each, job_input(each.name), client, NOW) == typical
