"""What shops tell of themselves is kept once."""

from relay.model import ShopEvent
from relay.store.contract import Store
from tests.store.contract.make import NOW


def told(webhook_id: str, *, at: int = NOW, body: bytes = b'{"id": 1}') -> ShopEvent:
    return ShopEvent("shopify", webhook_id, "products/create", "mugs.myshopify.com", at, body)


class ShopContract:
    def test_a_shop_event_is_kept_with_its_exact_bytes(self, store: Store, second: Store) -> None:
        assert store.keep_shop_event(told("w1", body=b'{"title": "\xff"}'))
        ((_, kept),) = second.shop_events(limit=10)
        assert kept == told("w1", body=b'{"title": "\xff"}')

    def test_one_that_comes_again_is_known(self, store: Store) -> None:
        assert store.keep_shop_event(told("w1"))
        assert not store.keep_shop_event(told("w1", at=NOW + 60_000, body=b"{}"))
        assert [event for _, event in store.shop_events(limit=10)] == [told("w1")]

    def test_the_list_is_newest_first_and_goes_on_where_it_stopped(self, store: Store) -> None:
        for number in range(5):
            store.keep_shop_event(told(f"w{number}", at=NOW + number))
        first = store.shop_events(limit=2)
        rest = store.shop_events(limit=10, before=first[-1][0])
        assert [event.webhook_id for _, event in first + rest] == ["w4", "w3", "w2", "w1", "w0"]
