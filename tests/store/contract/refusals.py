"""Refused webhooks are counted by hour and reason, in as many rows as there are of these."""

import dataclasses

from relay.models.views import RefusedWebhooks
from relay.store.contract.core import Store
from tests.store.contract.make import NOW

HOUR = 3_600_000
THIS = NOW - NOW % HOUR


def refused(
    reason: str = "no secret", *, count: int = 1, at: int = NOW, sender: str = "192.0.2.1"
) -> RefusedWebhooks:
    return RefusedWebhooks(at - at % HOUR, reason, count, at, sender)


def listed(store: Store, *, limit: int = 99, before: str = "") -> list[RefusedWebhooks]:
    found = store.refused_webhooks(limit=limit, before=before)
    return [dataclasses.replace(each, id="") for each in found]


class RefusalsContract:
    def test_counts_of_an_hour_and_a_reason_add_up_and_keep_the_last_sender(
        self, store: Store, second: Store
    ) -> None:
        store.add_refused([refused(count=3)])
        second.add_refused([refused(count=4, at=NOW + 1, sender="2001:db8::1")])
        assert listed(store) == [refused(count=7, at=NOW + 1, sender="2001:db8::1")]

    def test_each_hour_and_each_reason_has_a_row_however_many_come(self, store: Store) -> None:
        for number in range(50):
            store.add_refused([refused(at=THIS + number), refused("no header", at=THIS + number)])
        store.add_refused([refused(at=THIS + HOUR)])
        assert [(each.hour, each.reason, each.count) for each in listed(store)][:1] == [
            (THIS + HOUR, "no secret", 1)
        ]
        assert sorted((each.reason, each.count) for each in listed(store)) == [
            ("no header", 50),
            ("no secret", 1),
            ("no secret", 50),
        ]

    def test_the_list_is_newest_first_and_goes_on_where_it_stopped(self, store: Store) -> None:
        store.add_refused([refused(at=THIS + number * HOUR) for number in range(5)])
        first = store.refused_webhooks(limit=2)
        hours = [each.hour for each in (*first, *store.refused_webhooks(limit=9, before=first[-1].id))]
        assert hours == [THIS + number * HOUR for number in (4, 3, 2, 1, 0)]

    def test_the_number_since_a_moment_has_all_of_its_hour(self, store: Store) -> None:
        assert store.count_refused(since=0) == 0
        store.add_refused([refused(count=10**number, at=THIS + number * HOUR) for number in range(3)])
        moments = (THIS, THIS + HOUR - 1, THIS + HOUR, THIS + 2 * HOUR + 5, THIS + 3 * HOUR)
        assert [store.count_refused(since=at) for at in moments] == [111, 111, 110, 100, 0]

    def test_old_counts_are_forgotten_in_steps(self, store: Store) -> None:
        store.add_refused([refused(at=THIS + number * HOUR) for number in range(4)])
        removed = [store.prune_refused(before=THIS + 3 * HOUR, most=2) for _ in range(3)]
        assert removed == [2, 1, 0]
        assert [each.hour for each in listed(store)] == [THIS + 3 * HOUR]
