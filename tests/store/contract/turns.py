"""Who passes whom: kinds without a free slot, and jobs that do not fit into what is left of the day."""

from dataclasses import replace
from typing import Any

import pytest

from relay.models.job import JobStatus, RateBucket
from relay.models.queue import BusyKinds, CallResult, StatusPoll, Submission
from relay.store.contract.core import Store
from tests.store.contract.jobs import ACCOUNT, PLENTY, create, next_call, sent, submission, the_job
from tests.store.contract.make import NOW

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
VOICE: dict[str, Any] = {
    "kind": "voice",
    "output_kind": "voice",
    "rate_bucket": RateBucket.OTHER,
    "videos": 0,
}
IMAGE: dict[str, Any] = VOICE | {"kind": "image", "output_kind": "image"}
BATCH: dict[str, Any] = {"kind": "video-batch", "videos": 4, "expected_results": 4, "estimate": 40}
SINGLE: dict[str, Any] = {"estimate": 10}
FIVE_A_DAY = replace(PLENTY, videos_per_day=5)
FIFTY_CREDITS_A_DAY = replace(PLENTY, credits_per_day=50)


def send(store: Store, *, at: int, limits: Any = PLENTY) -> str:
    """Send the next job, which completes at once for its estimate; its ID, "" when none may be sent."""
    call = next_call(store, at=at, limits=limits)
    if not isinstance(call, Submission):
        return ""
    store.keep_result(answered(store, call, at), [])
    return call.job_id


def answered(store: Store, call: Submission, at: int) -> CallResult:
    ids = tuple(f"gen_{call.job_id}_{n}" for n in range(the_job(store, call.job_id).expected_results))
    return CallResult(call, at, ids[0], ids, None, "answer", credits=the_job(store, call.job_id).estimate)


class TurnsContract:
    def test_a_kind_without_a_free_slot_is_passed_and_keeps_its_turn(self, store: Store) -> None:
        image, voice = create(store, **IMAGE), create(store, at=NOW + 1, **VOICE)
        video = create(store, at=NOW + 2)

        def claimed(*busy: str) -> set[str]:
            calls = []
            while call := store.claim_call(
                ACCOUNT, PLENTY, now=NOW + 9, lease_until=NOW + 99, busy=BusyKinds(frozenset(busy))
            ):
                calls.append(call)
            store.release_calls(calls, now=NOW + 3)
            return {call.job_id for call in calls}

        assert claimed("image") == {voice, video}
        assert claimed("image", "text-to-video") == {voice}
        assert claimed("image", "voice", "text-to-video") == set()
        assert submission(store, at=NOW + 9).job_id == image
        assert the_job(store, voice).status is JobStatus.QUEUED

    def test_polls_have_slots_of_their_own(self, store: Store) -> None:
        voice, video = create(store, **VOICE), create(store)
        for _ in range(2):
            call = submission(store)
            sent(store, call, f"gen_{call.job_id}")
            store.poll_job(call.job_id, now=NOW)
        waiting = create(store, **VOICE)

        def claimed(busy: BusyKinds) -> list[tuple[type, str]]:
            call = store.claim_call(
                ACCOUNT, PLENTY, now=NOW, lease_until=NOW + 9, prefer=StatusPoll, busy=busy
            )
            store.release_calls([call] if call else [], now=NOW)
            return [(type(call), call.job_id)] if call else []

        voices, videos = frozenset({"voice"}), frozenset({"text-to-video"})
        assert claimed(BusyKinds(polls=voices)) == [(StatusPoll, video)]
        assert claimed(BusyKinds(polls=videos)) == [(StatusPoll, voice)]
        assert claimed(BusyKinds(polls=voices | videos)) == [(Submission, waiting)]
        assert claimed(BusyKinds(voices, voices | videos)) == []

    @pytest.mark.parametrize("limits", [FIVE_A_DAY, FIFTY_CREDITS_A_DAY], ids=["videos", "credits"])
    def test_a_batch_that_does_not_fit_into_what_is_left_does_not_block_the_single_jobs_behind_it(
        self, store: Store, limits: Any
    ) -> None:
        for number in range(3):
            create(store, at=NOW + number, **SINGLE)
            assert send(store, at=NOW + number, limits=limits)
        batch = create(store, at=NOW + 10, **BATCH)
        singles = [create(store, at=NOW + 11 + n, **SINGLE) for n in range(3)]
        assert [send(store, at=NOW + MINUTE, limits=limits) for _ in singles] == [*singles[:2], ""]
        assert the_job(store, batch).status is JobStatus.QUEUED
        assert the_job(store, batch).status_reason == ""

    def test_a_place_counts_only_what_is_sent_before(self, store: Store) -> None:
        """Today a single job passes the batch; when places are kept for the batch, it does not."""
        for number in range(3):
            create(store, at=NOW + number, **SINGLE)
            assert send(store, at=NOW + number, limits=FIVE_A_DAY)
        create(store, at=NOW + 10, **BATCH)
        first, second = (create(store, at=NOW + 11 + n, **SINGLE) for n in range(2))

        def ahead(job_id: str, at: int) -> int:
            left = store.queue_state(ACCOUNT, now=at).left(FIVE_A_DAY)
            place = store.queue_position(job_id, now=at, **left)
            assert place is not None
            return place.ahead

        assert (ahead(first, NOW + 20), ahead(second, NOW + 20)) == (0, 1)
        assert send(store, at=NOW + 20, limits=FIVE_A_DAY) == first
        assert (ahead(second, NOW + 30), ahead(second, NOW + 20 + DAY)) == (0, 1)

    @pytest.mark.parametrize("limits", [FIVE_A_DAY, FIFTY_CREDITS_A_DAY], ids=["videos", "credits"])
    def test_it_is_passed_for_a_day_and_sent_within_the_day_after_that(
        self, store: Store, limits: Any
    ) -> None:
        """A single job comes every hour, and each would take the place that has just become free."""
        for hour in range(5):
            create(store, at=NOW + hour * HOUR, **SINGLE)
            assert send(store, at=NOW + hour * HOUR, limits=limits)
        batch = create(store, at=NOW + 4 * HOUR, **BATCH)
        sent_at: dict[str, int] = {}
        for hour in range(5, 60):
            at = NOW + hour * HOUR
            create(store, at=at, **SINGLE)
            while job_id := send(store, at=at, limits=limits):
                sent_at[job_id] = at
        first_passed = min(sent_at.values())
        assert DAY < sent_at[batch] - first_passed <= 2 * DAY
        passed = sorted(at for job_id, at in sent_at.items() if at < sent_at[batch])
        assert passed[-1] - first_passed < DAY, "from then on, what becomes free is kept for it"
        assert [job_id for job_id, at in sent_at.items() if at > sent_at[batch]], "and the others go on"

    def test_other_rate_limits_do_not_eat_the_budget_that_is_kept_for_a_job(self, store: Store) -> None:
        limits = FIFTY_CREDITS_A_DAY
        for hour in range(0, 24, 6):
            create(store, at=NOW + hour * HOUR, **VOICE | {"estimate": 10})
            assert send(store, at=NOW + hour * HOUR, limits=limits)
        batch = create(store, at=NOW + 19 * HOUR, **BATCH)
        sent_at = {}
        for hour in range(20, 80):
            at = NOW + hour * HOUR
            create(store, at=at, **VOICE | {"estimate": 10})
            while job_id := send(store, at=at, limits=limits):
                sent_at[job_id] = at
        assert sent_at[batch] <= NOW + 20 * HOUR + 2 * DAY

    def test_what_waits_for_a_slot_alone_reserves_nothing(self, store: Store) -> None:
        image, voice = create(store, **IMAGE), create(store, at=NOW + 1, **VOICE)
        busy = BusyKinds(frozenset({"image"}))
        for day in range(3):
            call = store.claim_call(
                ACCOUNT, PLENTY, now=NOW + 9 + day * DAY, lease_until=NOW + 3 * DAY, busy=busy
            )
            assert isinstance(call, Submission)
            assert call.job_id == voice
            store.release_calls([call], now=NOW + 9)
        assert the_job(store, image).status is JobStatus.QUEUED
