"""The clock was an hour ahead and is set right: what it made wait goes on at once, and nothing else."""

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import pytest

from relay.models.core import ShopEvent
from relay.models.delivery import Selection
from relay.models.job import JobStatus
from relay.models.queue import CallOutcome, RateLimitInfo, StatusPoll, Submission
from relay.store.contract.core import Store
from relay.store.contract.generation import GenerationStore
from tests.store.contract import unsigned
from tests.store.contract.archive import accept_held, again, claim_copies
from tests.store.contract.jobs import ACCOUNT, PLENTY, create, next_call, queued_again, sent, submission
from tests.store.contract.make import NOW, SHEET, accept, claim, claim_one, ended, hold, pause, retry

HOUR, DAY = 3_600_000, 86_400_000
WRONG = NOW + HOUR  # what the clock said before it was set right
PACED = replace(SHEET, calls_per_second=1.0, concurrency=4)
ONE_AT_ONCE = replace(PLENTY, videos_at_once=1)


class Everything(Store, GenerationStore):
    """What these tests ask of a store."""


def deliveries(store: Everything, at: int = NOW) -> int:
    return len(claim(store, PACED, at=at).deliveries)


def copies(store: Everything, at: int = NOW) -> int:
    return len(claim_copies(store, at=at))


def calls(store: Everything, at: int = NOW) -> list[type]:
    return [type(call)] if (call := next_call(store, at=at)) else []


# ---- deliveries


def arrived(store: Everything, at: int) -> None:
    accept(store, unsigned.result(), to=[PACED], at=at)


def paced(store: Everything, at: int) -> None:
    for name in ("vgen_1", "vgen_2"):
        accept(store, unsigned.result(name), to=[PACED], at=at)
    store.settle([ended(claim_one(store, PACED, at=at), at=at)])


def retried(store: Everything, at: int) -> None:
    arrived(store, at)
    store.settle([retry(claim_one(store, PACED, at=at), at + 30_000, at=at)])


def retried_a_day_later(store: Everything, at: int) -> None:
    arrived(store, at)
    store.settle([retry(claim_one(store, PACED, at=at), at + DAY, at=at)])


def held(store: Everything, at: int) -> None:
    arrived(store, at)
    ends = {"due_at": at, "hold": hold(at + HOUR, since=at)}
    store.settle([ended(claim_one(store, PACED, at=at), "retrying", at=at, **ends)])


def paused(store: Everything, at: int) -> None:
    arrived(store, at)
    store.pause(PACED.name, pause(until=at + DAY, since=at))


def in_hand(store: Everything, at: int) -> None:
    arrived(store, at)
    claim_one(store, PACED, at=at)


def resent(store: Everything, at: int) -> None:
    accept(store, unsigned.result(), to=[PACED], at=NOW - DAY)
    store.settle([ended(claim_one(store, PACED, at=NOW - DAY), at=NOW - DAY)])
    store.replay(Selection(), now=at)


def resumed(store: Everything, at: int) -> None:
    accept(store, unsigned.result(), to=[PACED], at=NOW - DAY)
    store.settle([retry(claim_one(store, PACED, at=NOW - DAY), NOW + DAY, at=NOW - DAY)])
    store.pause(PACED.name, pause(since=NOW - DAY))
    store.resume(PACED.name, now=at)


def waits_for_its_copy(store: Everything, at: int) -> None:
    accept_held(store, unsigned.result(), at=at)


def copy_failed(store: Everything, at: int) -> None:
    accept_held(store, unsigned.result(), at=at)
    (copy,) = claim_copies(store, at=at)
    store.settle_copies([again(copy, at + 30_000)], now=at)


def copy_in_hand(store: Everything, at: int) -> None:
    accept_held(store, unsigned.result(), at=at)
    claim_copies(store, at=at)


# ---- jobs


def queued(store: Everything, at: int) -> None:
    create(store, at=at)


def sent_again_later(store: Everything, at: int) -> None:
    create(store, at=at)
    store.end_call(queued_again(submission(store, at=at), at + 30_000, at=at))


def bucket_held(store: Everything, at: int) -> None:
    create(store, at=at)
    call = submission(store, at=at)
    store.end_call(replace(queued_again(call, at, at=at), hold_bucket_until=at + HOUR))


def queue_paused(store: Everything, at: int) -> None:
    create(store, at=at)
    store.pause_queue(ACCOUNT, "no credits", now=at, until=at + HOUR)


def held_for_credits(store: Everything, at: int) -> None:
    create(store, at=at)
    end = CallOutcome(submission(store, at=at), at, JobStatus.HELD, "no credits", due_at=at + HOUR)
    store.end_call(replace(end, pause_why="no credits", pause_until=at + HOUR))


def polled_later(store: Everything, at: int) -> None:
    create(store, at=at)
    sent(store, submission(store, at=at), "vgen_1", at=at)


def polls_held(store: Everything, at: int) -> None:
    polled_later(store, at)
    store.hold_polls(ACCOUNT, "busy", now=at, until=at + HOUR)


def polled_again_later(store: Everything, at: int) -> None:
    polled_later(store, at)
    call = next_call(store, at=at + 10_000)
    assert isinstance(call, StatusPoll)
    store.end_call(CallOutcome(call, at + 10_000, due_at=at + 40_000))


def poll_in_hand(store: Everything, at: int) -> None:
    polled_later(store, at)
    assert next_call(store, at=at + 10_000)


def no_requests_left(store: Everything, at: int) -> None:
    create(store, at=at)
    told = RateLimitInfo(limit=10, remaining=0, reset_at=at + 60_000)
    store.end_call(replace(queued_again(submission(store, at=at), at, at=at), rate_limit=told))


def shop_event(store: Everything, at: int) -> None:
    store.keep_shop_event(ShopEvent("shop", "w1", "products/create", "a.myshopify.com", at, b"{}"))


def shop_event_put_off(store: Everything, at: int) -> None:
    shop_event(store, at)
    work = store.claim_shop_event(now=at, until=at + 60_000)
    assert work is not None
    store.reschedule_shop_event(work.id, until=at + 600_000, note="no picture")


def shop_events(store: Everything) -> int:
    next_call(store, at=NOW)
    return int(store.claim_shop_event(now=NOW, until=NOW + 60_000) is not None)


def unsigned_webhook(store: Everything, at: int) -> None:
    unsigned.hold(store, "vgen_1", at=at)


def unsigned_webhooks(store: Everything) -> int:
    next_call(store, at=NOW)
    return int(unsigned.ask(store, at=NOW) is not None)


class Case(NamedTuple):
    """What is stored at a moment, what is claimed afterwards, and why that is right."""

    begins: Callable[[Everything, int], None]
    claims: Callable[[Everything], object]
    goes_on: object
    why: str


WENT_AHEAD = [
    Case(arrived, deliveries, 1, "it was due when it came"),
    Case(paced, deliveries, 1, "the pace is a second"),
    Case(retried, deliveries, 1, "the retry was 30 s away"),
    Case(retried_a_day_later, deliveries, 1, "by now it would be more than a day away"),
    Case(held, deliveries, 1, "the destination is asked again rather than left alone for two hours"),
    Case(paused, deliveries, 1, "a probe costs one call"),
    Case(resent, deliveries, 1, "a person resent it"),
    Case(resumed, deliveries, 1, "a person resumed its connection"),
    Case(waits_for_its_copy, deliveries, 1, "it waits for its copy for seconds"),
    Case(waits_for_its_copy, copies, 1, "the copy was due when the result came"),
    Case(copy_failed, copies, 1, "the retry was 30 s away"),
    Case(queued, calls, [Submission], "it was due when it was created"),
    Case(sent_again_later, calls, [Submission], "the retry was 30 s away"),
    Case(bucket_held, calls, [Submission], "CreativeAI is asked again"),
    Case(queue_paused, calls, [Submission], "CreativeAI is asked again"),
    Case(held_for_credits, calls, [Submission], "there may be credits"),
    Case(polled_later, calls, [StatusPoll], "the poll was 10 s away"),
    Case(polled_again_later, calls, [StatusPoll], "the poll was 30 s away"),
    Case(polls_held, calls, [StatusPoll], "CreativeAI is asked again"),
    Case(no_requests_left, calls, [Submission], "the minute is over"),
    Case(shop_event, shop_events, 1, "it was due when it came"),
    Case(shop_event_put_off, shop_events, 1, "the next check was ten minutes away"),
    Case(unsigned_webhook, unsigned_webhooks, 1, "it was due when it came"),
]
RIGHTLY_WAITS = [
    Case(paced, deliveries, 0, "the pace is a second"),
    Case(retried, deliveries, 0, "the retry is 30 s away"),
    Case(retried_a_day_later, deliveries, 0, "the last waits are a day"),
    Case(held, deliveries, 0, "the destination asked to wait for an hour"),
    Case(paused, deliveries, 0, "the pause lasts a day"),
    Case(in_hand, deliveries, 0, "a worker has it"),
    Case(waits_for_its_copy, deliveries, 0, "the copy may come yet"),
    Case(copy_failed, copies, 0, "the retry is 30 s away"),
    Case(copy_in_hand, copies, 0, "a worker has it"),
    Case(sent_again_later, calls, [], "the retry is 30 s away"),
    Case(bucket_held, calls, [], "CreativeAI asked to wait"),
    Case(queue_paused, calls, [], "there are no credits"),
    Case(held_for_credits, calls, [], "there are no credits"),
    Case(polled_later, calls, [], "the poll is 10 s away"),
    Case(polls_held, calls, [], "CreativeAI asked to wait"),
    Case(no_requests_left, calls, [], "the minute is not over"),
    Case(shop_event_put_off, shop_events, 0, "the next check is ten minutes away"),
]


def names(cases: list[Case]) -> list[str]:
    return [f"{case.begins.__name__}, {case.claims.__name__}" for case in cases]


class ClockContract:
    @pytest.mark.heavy
    @pytest.mark.parametrize("restarted", [False, True], ids=["the same process", "after a restart"])
    @pytest.mark.parametrize("case", WENT_AHEAD, ids=names(WENT_AHEAD))
    def test_a_wait_that_a_clock_began_which_was_ahead_counts_as_over(
        self, store: Everything, second: Everything, case: Case, *, restarted: bool
    ) -> None:
        next_call(store, at=WRONG - 1), claim(store, PACED, at=WRONG - 1), claim_copies(store, at=WRONG - 1)
        case.begins(store, WRONG)
        assert case.claims(second if restarted else store) == case.goes_on, case.why

    @pytest.mark.heavy
    @pytest.mark.parametrize("ahead", [0, 30_000], ids=["right clock", "clocks of two hosts"])
    @pytest.mark.parametrize("case", RIGHTLY_WAITS, ids=names(RIGHTLY_WAITS))
    def test_a_wait_that_a_rule_allows_lasts_as_long_as_it_says(
        self, store: Everything, second: Everything, case: Case, ahead: int
    ) -> None:
        case.begins(store, NOW + ahead)
        assert case.claims(second) == case.goes_on, case.why

    def test_what_a_person_paused_stays_paused(self, store: Everything) -> None:
        arrived(store, WRONG)
        store.pause(PACED.name, pause(since=WRONG))
        create(store, at=WRONG)
        store.pause_queue(ACCOUNT, "holidays", now=WRONG)
        assert (deliveries(store), calls(store)) == (0, [])

    def test_videos_of_the_hour_ahead_count_as_made_now_not_in_an_hour(self, store: Everything) -> None:
        for _ in range(3):
            create(store, at=WRONG)
        limits = replace(PLENTY, videos_per_minute=1)
        sent(store, submission(store, at=WRONG, limits=limits), "vgen_1", at=WRONG)
        found = [next_call(store, at=NOW + second * 1_000, limits=limits) for second in (0, 59, 61)]
        assert [isinstance(call, Submission) for call in found] == [False, False, True]

    def test_a_slot_of_the_hour_ahead_is_free(self, store: Everything) -> None:
        for _ in range(2):
            create(store, at=WRONG)
        sent(store, submission(store, at=WRONG, limits=ONE_AT_ONCE), "vgen_1", at=WRONG)
        assert isinstance(next_call(store, at=NOW, limits=ONE_AT_ONCE), Submission)

    @pytest.mark.parametrize(
        ("begins", "claims", "goes_on"),
        [(in_hand, deliveries, 1), (copy_in_hand, copies, 1), (poll_in_hand, calls, [StatusPoll])],
        ids=["delivery", "copy", "poll"],
    )
    def test_what_a_worker_had_in_hand_that_is_gone_goes_on_after_a_minute(
        self,
        store: Everything,
        second: Everything,
        begins: Callable[[Everything, int], None],
        claims: Callable[[Everything, int], object],
        goes_on: object,
    ) -> None:
        """Not at once: a worker that is still there needs a moment to renew its lease by the new clock."""
        begins(store, WRONG)
        assert claims(second, NOW) in (0, [])
        assert claims(second, NOW + 59_000) in (0, [])
        assert claims(second, NOW + 60_000) == goes_on

    def test_a_submit_that_was_in_hand_is_held_and_never_sent_twice(
        self, store: Everything, second: Everything
    ) -> None:
        job_id = create(store, at=WRONG)
        submission(store, at=WRONG)
        assert [calls(second, NOW), calls(second, NOW + 60_000)] == [[], []]
        job = store.job(job_id)
        assert job is not None
        assert job.status is JobStatus.HELD

    def test_what_its_worker_renews_stays_in_hand(self, store: Everything, second: Everything) -> None:
        in_hand(store, WRONG)
        assert deliveries(second, NOW) == 0
        (row,) = store.deliveries(limit=10)
        for later in (10_000, 70_000):
            store.renew([(row.id, 1)], until=NOW + later)
        assert deliveries(second, NOW + 61_000) == 0
