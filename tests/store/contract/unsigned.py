"""What nobody signed is kept apart: in no event's way, few, not for long, asked about sparingly."""

import dataclasses
from typing import Protocol

from relay.models.core import Event
from relay.models.job import JobStatus, NewJob, RateBucket, Source, UnsignedEvent
from relay.models.queue import QueueLimits, Submission
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


def hold(store: UnsignedStore, name: str, *, at: int = NOW, query: str = "", most: int = 1000) -> bool:
    return store.hold_unsigned(unsigned(name, at=at, body=name.encode()), query, most=most)


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
        assert store.hold_unsigned(plain, "", most=10)
        assert store.hold_unsigned(plain, "sku=MUG-1", most=10)
        assert store.hold_unsigned(dataclasses.replace(plain, label="shop"), "", most=10)
        assert store.hold_unsigned(dataclasses.replace(plain, name="asset.ready"), "", most=10)
        assert store.hold_unsigned(dataclasses.replace(plain, headers=headers), "", most=10)
        assert store.hold_unsigned(dataclasses.replace(plain, body=b"{ }"), "", most=10)

    def test_after_an_hour_it_is_forgotten(self, store: Holding) -> None:
        hold(store, "old")
        hold(store, "young", at=NOW + 1)
        assert asked(store, at=NOW + HOUR, times=3) == ["young"]
        assert hold(store, "old", at=NOW + HOUR)

    def test_beyond_the_cap_the_one_asked_about_most_goes_then_the_oldest_never_the_new_one(
        self, store: Holding
    ) -> None:
        for number, name in enumerate(("oldest", "older", "asked", "newer")):
            hold(store, name, at=NOW + number, most=4)
        held = [ask(store, at=NOW + 10), ask(store, at=NOW + 6_010)]
        assert [each.body for each in held if each] == [b"newer", b"asked"]
        assert held[1] is not None
        store.reschedule_unsigned(held[1].id, until=NOW + 7_000)
        hold(store, "new", at=NOW + 7_000, most=4)
        hold(store, "newest", at=NOW + 7_001, most=4)
        assert asked(store, at=NOW + 100_000, times=9) == ["newest", "new", "newer", "older"]

    def test_a_flood_of_two_thousand_keeps_the_one_after_it_out_for_no_moment(self, store: Holding) -> None:
        for number in range(2_000):
            hold(store, f"forged_{number}", at=NOW + number)
        hold(store, "real", at=NOW + 2_000)
        assert asked(store, at=NOW + 2_000, times=1) == ["real"]

    def test_the_newest_is_asked_about_first_and_not_again_before_its_time(self, store: Holding) -> None:
        for number in range(3):
            hold(store, f"vgen_{number}", at=NOW + number)
        assert asked(store, at=NOW + 10, times=5) == ["vgen_2", "vgen_1", "vgen_0"]
        assert asked(store, at=NOW + 60_010, times=1) == ["vgen_2"]

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

    def test_one_is_asked_about_in_six_seconds_over_all_processes(
        self, store: Holding, second: Holding
    ) -> None:
        for number in range(3):
            hold(store, f"vgen_{number}")
        assert ask(store, at=NOW)
        assert ask(second, at=NOW + 5_999) is None
        assert ask(second, at=NOW + 6_000)

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
