"""Prices are asked for sparingly, and a typical one is always there."""

from responses import RequestsMock

from relay.generation.client import CreativeAI
from relay.generation.kinds import kind
from relay.generation.prices import Prices
from tests.generation.calls import API, NOW
from tests.generation.wishes import wish

VOICE = kind("voice")


def test_at_most_a_fifth_of_the_requests_a_minute_goes_into_prices(
    client: CreativeAI, net: RequestsMock
) -> None:
    net.post(f"{API}/api/v1/model/calculate", json={"credits": 7})
    prices = Prices(client, requests_per_minute=10)
    sources = [prices.price(VOICE, wish("voice"), NOW + each).source for each in range(3)]
    assert sources == ["calculated", "calculated", "typical"]
    assert len(net.calls) == 2
    assert prices.price(VOICE, wish("voice"), NOW + 60_000).source == "calculated"


def test_without_a_key_the_typical_price_is_told() -> None:
    assert Prices(None, requests_per_minute=10).price(VOICE, wish("voice"), NOW).credits == 8
