"""What nobody signed is kept apart: in no event's way, few, not for long, asked about in turns."""

import dataclasses
from typing import Protocol

import pytest

from relay.errors import StoreBusyError
from relay.models.core import Event
from relay.models.job import JobStatus, NewJob, RateBucket, Source, UnsignedEvent
from relay.models.queue import QueueLimits, RateLimitInfo, Submission
from relay.store.contract.core import Store
from relay.store.contract.generation import JobStore, QueueStore, UnsignedStore
from tests.store.contract.make import NOW, accept, event, result

HOUR = 3_600_000
KEY = "key"
LIMITS = QueueLimits(requests_per_minute=100)


class Holding(Store, JobStore, QueueStore, UnsignedStore, Protocol):
    """What these tests ask of a store."""


def unsigned(generation_id: str = "vgen_1", *, at: int = NOW, body: bytes = b"{}") -> Event:
    return event(result(generation_id), at=at, body=body)


def hold(
    store: UnsignedStore, name: str, *, at: int = NOW, query: str = "", most: int = 1000, **of: str
) -> bool:
    """`of`: sender and vendor_id."""
    return store.hold_unsigned(unsigned(name, at=at, body=name.encode()), query, most=most, **of)


def ask(store: UnsignedStore, *, at: int, limits: QueueLimits = LIMITS) -> UnsignedEvent | None:
    return store.claim_unsigned(KEY, limits, now=at, again_at=at + 60_000)


def asked(store: UnsignedStore, *, at: int, times: int) -> list[str]:
    """The bodies that are asked about from then on, one in six seconds."""
    found = [ask(store, at=at + number * 6_000) for number in range(times)]
    return [each.body.decode() for each in found if each]


def followed(store: JobStore, vendor_id: str, *, at: int = NOW, kind: str = "text-to-video") -> str:
    """A job that runs elsewhere, which the vendor knows by this id."""
    job = NewJob(kind, {}, {}, Source.ELSEWHERE, "video", RateBucket.VIDEO, vendor_id=vendor_id)
    (created,) = store.create_jobs([job], now=at)
    return created.job_id


def look(store: QueueStore, *, at: int) -> str:
    """The vendor's id that is asked about next; "" when nothing is due."""
    call = store.claim_call(KEY, LIMITS, now=at, lease_until=at + 30_000)
    return "" if call is None or isinstance(call, Submission) else call.vendor_id


class UnsignedContract:
    def test_what_is_held_comes_back_as_it_came_also_in_another_process(
        self, store: Holding, second: Holding
    ) -> None:
        body = b'{"prompt": "\xff"}'
        assert store.hold_unsigned(unsigned(body=body), "sku=MUG-1", most=10)
        held = ask(second, at=NOW)
        assert held is not None
        assert (held.body, held.label, held.query, held.tries) == (body, "n8n", "sku=MUG-1", 0)
        assert (held.headers, held.received_at) == ({"x-creativeai-event": "video"}, NOW)

    def test_it_takes_no_events_place_and_owes_nothing(self, store: Holding) -> None:
        hold(store, "vgen_1")
        assert store.events(limit=10) == []
        assert store.deliveries(limit=10) == []
        assert accept(store, result("vgen_1")).new

    def test_the_same_again_is_held_once(self, store: Holding) -> None:
        assert hold(store, "vgen_1")
        assert not hold(store, "vgen_1", at=NOW + 5_000)
        assert asked(store, at=NOW, times=3) == ["vgen_1"]

    def test_one_that_differs_in_anything_that_would_count_takes_no_others_place(
        self, store: Holding
    ) -> None:
        plain = unsigned()
        headers = {"x-creativeai-delivery-id": "vgen_2"}
        assert store.hold_unsigned(plain, "", most=20)
        assert store.hold_unsigned(plain, "sku=MUG-1", most=20)
        assert store.hold_unsigned(dataclasses.replace(plain, label="shop"), "", most=20)
        assert store.hold_unsigned(dataclasses.replace(plain, name="asset.ready"), "", most=20)
        assert store.hold_unsigned(dataclasses.replace(plain, headers=headers), "", most=20)
        assert store.hold_unsigned(dataclasses.replace(plain, body=b"{ }"), "", most=20)

    def test_after_an_hour_it_is_forgotten(self, store: Holding) -> None:
        hold(store, "old")
        hold(store, "young", at=NOW + 1)
        assert asked(store, at=NOW + HOUR, times=3) == ["young"]
        assert hold(store, "old", at=NOW + HOUR)

    @pytest.mark.heavy
    @pytest.mark.parametrize("attack", ["another address", "the same address", "many addresses"])
    def test_who_posts_two_made_up_ones_a_second_keeps_no_real_one_from_being_asked_about(
        self, store: Holding, attack: str
    ) -> None:
        """For a minute, five real ones among them, under the key of the smallest paid plan. From other
        addresses each real one is next but few; where a proxy hides the addresses, each has its turn."""
        senders = {"another address": ["evil"], "the same address": ["vendor"]}
        found: dict[str, int] = {}
        for second in range(180):
            at = NOW + second * 1_000
            for number in range(2 if second < 60 else 0):
                who = senders.get(attack, [f"evil_{second}_{number}"])[0]
                hold(store, f"forged_{second}_{number}", at=at + number, sender=who)
            if second < 60 and second % 12 == 9:
                hold(store, f"real_{second}", at=at + 500, sender="vendor")
            if each := ask(store, at=at + 900):
                store.reschedule_unsigned(each.id, until=at + 10_000)
                found.setdefault(each.body.decode(), second)
        waited = [found[name] - int(name.partition("_")[2]) for name in found if name.startswith("real")]
        assert len(waited) == 5
        assert max(waited) <= (12 if attack == "another address" else 120)

    def test_ids_that_were_not_asked_about_come_before_any_again_in_turns_of_their_senders(
        self, store: Holding
    ) -> None:
        for number, (sender, name) in enumerate(
            [("a", "a1"), ("a", "a2"), ("a", "a3"), ("b", "b1"), ("c", "c1")]
        ):
            hold(store, name, at=NOW + number, sender=sender)
        for second, name in ((1, "a1"), (7, "b1"), (13, "c1"), (19, "a2")):
            each = ask(store, at=NOW + second * 1_000)
            assert each is not None
            assert each.body.decode() == name
            store.reschedule_unsigned(each.id, until=NOW + second * 1_000)
        hold(store, "b2", at=NOW + 20_000, sender="b")
        assert asked(store, at=NOW + 25_000, times=6) == ["a3", "b2", "a1", "b1", "c1", "a2"]

    def test_another_webhook_about_an_id_that_was_asked_about_waits_for_those_that_were_not(
        self, store: Holding
    ) -> None:
        hold(store, "first", vendor_id="vgen_1")
        each = ask(store, at=NOW)
        assert each is not None
        store.reschedule_unsigned(each.id, until=NOW + HOUR)
        hold(store, "second", at=NOW + 1, vendor_id="vgen_1", sender="a")
        hold(store, "other", at=NOW + 2, vendor_id="vgen_2", sender="b")
        assert asked(store, at=NOW + 6_000, times=3) == ["other", "second"]

    @pytest.mark.parametrize(
        ("held", "comes", "taken", "why"),
        [
            ("", "a", True, "there is room"),
            ("a", "a", True, "a sender may have half"),
            ("aa", "a", False, "and no more, so that there is room for others"),
            ("aa", "b", True, "for another there is room"),
            ("aab", "b", False, "it may have as many as there are free places"),
            ("aab", "c", True, "for a third there is room"),
            ("aabc", "d", False, "it is full, and none was asked about"),
            ("AA", "a", True, "one of its own that was asked about in vain makes room"),
            ("AAbc", "d", True, "so does one of whoever has most"),
            ("aaBc", "a", False, "a sender's second webhook does not crowd out another's first"),
            ("aaBc", "b", True, "but its own"),
        ],
    )
    def test_of_four_places_each_sender_has_its_share_and_nothing_unasked_is_dropped(
        self, store: Holding, held: str, comes: str, taken: bool, why: str
    ) -> None:
        """Capital letters were asked about in vain."""
        for number, letter in enumerate(held):
            hold(store, f"{number}{letter}", at=NOW + number, sender=letter.lower(), most=1000)
        for number in range(len(held)):
            each = ask(store, at=NOW + 1_000 + number * 2_000)
            assert each is not None
            if each.body.decode()[1].isupper():
                store.reschedule_unsigned(each.id, until=NOW + HOUR)
        if taken:
            assert hold(store, "new", at=NOW + 61_000, sender=comes, most=4), why
        else:
            with pytest.raises(StoreBusyError, match="Too many webhooks without a signature"):
                hold(store, "new", at=NOW + 61_000, sender=comes, most=4)
        unasked = {f"{number}{letter}" for number, letter in enumerate(held) if letter.islower()}
        assert unasked <= set(asked(store, at=NOW + 120_000, times=9)), "what was not asked about stays"

    def test_a_flood_that_fills_its_share_keeps_the_one_after_it_out_for_no_moment(
        self, store: Holding
    ) -> None:
        refused = 0
        for number in range(40):
            try:
                hold(store, f"forged_{number}", at=NOW + number, sender="evil", most=40)
            except StoreBusyError:
                refused += 1
        assert refused == 20
        hold(store, "real", at=NOW + 40, sender="vendor", most=40)
        assert asked(store, at=NOW + 100, times=3) == ["forged_0", "real", "forged_1"]

    def test_what_is_put_off_waits_until_then_and_counts(self, store: Holding) -> None:
        hold(store, "vgen_1")
        first = ask(store, at=NOW)
        assert first is not None
        store.reschedule_unsigned(first.id, until=NOW + 10_000)
        assert ask(store, at=NOW + 9_999) is None
        again = ask(store, at=NOW + 10_000)
        assert again is not None
        assert again.tries == 1

    def test_what_is_dropped_is_gone(self, store: Holding, second: Holding) -> None:
        hold(store, "vgen_1")
        held = ask(store, at=NOW)
        assert held is not None
        store.drop_unsigned(held.id)
        assert ask(second, at=NOW + 60_000) is None

    @pytest.mark.heavy
    @pytest.mark.parametrize(
        ("requests", "polls", "half"),
        [(100, 120, 50), (1_000, 120, 60), (10, 120, 5), (3, 120, 1), (1, 1, 1)],
    )
    def test_half_of_the_limit_goes_into_them_over_all_processes(
        self, store: Holding, second: Holding, requests: int, polls: int, half: int
    ) -> None:
        limits = QueueLimits(requests_per_minute=requests, polls_per_minute=polls)
        for number in range(70):
            hold(store, f"vgen_{number}")
        found = [ask((store, second)[n % 2], at=NOW + n * 500, limits=limits) for n in range(119)]
        assert sum(each is not None for each in found) == half
        assert ask(second, at=NOW + 60_000, limits=limits)

    def test_what_the_vendor_says_of_the_key_makes_them_faster(self, store: Holding) -> None:
        for number in range(3):
            hold(store, f"vgen_{number}")
        slow = QueueLimits(requests_per_minute=3)
        assert ask(store, at=NOW, limits=slow)
        assert ask(store, at=NOW, limits=slow) is None
        store.note_rate_limit(KEY, RateLimitInfo(limit=100, remaining=99), now=NOW)
        assert ask(store, at=NOW + 1, limits=slow)

    def test_strangers_get_half_of_the_requests_of_a_slow_key_at_most(self, store: Holding) -> None:
        for number in range(20):
            hold(store, f"vgen_{number}")
        free = QueueLimits(requests_per_minute=10)
        found = [ask(store, at=NOW + second * 1_000, limits=free) for second in range(60)]
        assert sum(each is not None for each in found) == 5

    def test_a_look_counts_as_one_of_the_keys_requests(self, store: Holding) -> None:
        hold(store, "vgen_1")
        followed(store, "vgen_2")
        one = QueueLimits(requests_per_minute=1)
        assert ask(store, at=NOW, limits=one)
        assert store.claim_call(KEY, one, now=NOW, lease_until=NOW + 1_000) is None

    def test_without_room_nothing_is_asked_and_nothing_lost(self, store: Holding) -> None:
        hold(store, "vgen_1")
        followed(store, "vgen_2")
        one = QueueLimits(requests_per_minute=1)
        assert store.claim_call(KEY, one, now=NOW, lease_until=NOW + 1_000)
        assert ask(store, at=NOW, limits=one) is None
        assert ask(store, at=NOW + 61_001, limits=one)

    def test_while_looks_are_held_nobody_is_asked(self, store: Holding) -> None:
        hold(store, "vgen_1")
        followed(store, "vgen_2")
        store.hold_polls(KEY, "Busy.", now=NOW, until=NOW + 600_000)
        assert ask(store, at=NOW + 599_999) is None
        assert look(store, at=NOW + 599_999) == ""
        assert ask(store, at=NOW + 600_000)

    def test_a_job_of_ours_is_asked_about_instead(self, store: Holding) -> None:
        job_id = followed(store, "vgen_1")
        assert look(store, at=NOW) == "vgen_1"
        assert not store.poll_job_of("vgen_2", now=NOW + 5_000)
        assert store.poll_job_of("vgen_1", now=NOW + 31_000)
        at = NOW + 31_000
        job = store.job(job_id)
        assert job is not None
        assert job.status is JobStatus.PROCESSING
        assert look(store, at=at) == "vgen_1"

    def test_strangers_make_no_job_be_asked_about_more_often_than_each_half_minute(
        self, store: Holding
    ) -> None:
        job_id = followed(store, "vgen_1")
        call = store.claim_call(KEY, LIMITS, now=NOW, lease_until=NOW + 30_000)
        assert call is not None
        store.release_calls([call], now=NOW + 600_000)
        for second in range(1, 10):
            assert store.poll_job_of("vgen_1", now=NOW + second * 1_000)
        job = store.job(job_id)
        assert job is not None
        assert job.poll_at == NOW + 30_000

    def test_a_batch_is_known_by_its_own_id_and_a_done_job_is_not_asked_again(self, store: Holding) -> None:
        followed(store, "video_batch_1", kind="video-batch")
        assert store.poll_job_of("video_batch_1", now=NOW)
        followed(store, "vgen_1")
        accept(store, result("vgen_1"))
        assert store.poll_job_of("vgen_1", now=NOW)
        assert {look(store, at=NOW + 60_000) for _ in range(3)} == {"video_batch_1", ""}

    def test_a_job_without_an_id_of_the_vendors_has_nothing_to_ask_about(self, store: Holding) -> None:
        store.create_jobs([NewJob("text-to-video", {}, {}, Source.API, "video")], now=NOW)
        assert not store.poll_job_of("", now=NOW)
        assert not store.poll_job_of("vgen_1", now=NOW)
