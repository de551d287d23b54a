"""What shops tell of themselves is kept once."""

from relay.models.core import ShopEvent
from relay.store.contract.core import Store
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

    def test_each_waits_until_it_is_looked_at_by_one_alone(self, store: Store, second: Store) -> None:
        store.keep_shop_event(told("w1"))
        assert store.claim_shop_event(now=NOW - 1, until=NOW) is None
        work = store.claim_shop_event(now=NOW, until=NOW + 60_000)
        assert work is not None
        assert (work.event, work.attempts) == (told("w1"), 1)
        assert second.claim_shop_event(now=NOW + 1, until=NOW + 60_000) is None
        again = second.claim_shop_event(now=NOW + 60_000, until=NOW + 90_000)
        assert again is not None, "whoever had it died"
        assert again.attempts == 2

    def test_it_is_put_off_and_ended_with_the_reason(self, store: Store) -> None:
        store.keep_shop_event(told("w1"))
        work = store.claim_shop_event(now=NOW, until=NOW + 60_000)
        assert work is not None
        store.reschedule_shop_event(work.id, until=NOW + 10, note="No picture yet.")
        assert store.claim_shop_event(now=NOW + 9, until=NOW + 60_000) is None
        assert store.claim_shop_event(now=NOW + 10, until=NOW + 60_000) is not None
        store.end_shop_event(work.id, note="", job_id="job_1")
        store.reschedule_shop_event(work.id, until=NOW + 11, note="late")
        ended = store.shop_work(work.id)
        assert ended is not None
        assert (ended.due_at, ended.note, ended.job_id) == (None, "", "job_1")
        assert store.claim_shop_event(now=NOW + 99_999, until=NOW + 100_000) is None
