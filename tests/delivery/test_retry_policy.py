"""What follows from how an attempt ended."""

import itertools
import math

import pytest

from connectors.base import Done, NotYet
from relay.delivery.retry_policy import LONGEST_HOLD, LONGEST_PAUSE, PROBE, SLOWED, Decision, decide
from relay.errors import FileComingError, FileError, RemoteError
from relay.models.connection import Pause
from relay.models.delivery import DeliveryStatus, Outcome
from relay.retry import LADDER

NOW = 1_800_000_000_000
HOUR = 3_600_000


def after(ended: Done | NotYet | Exception, tries: int = 0, jitter: float = 0.0) -> Decision:
    return decide(ended, tries=tries, now=NOW, jitter=jitter)


def test_done_is_delivered_and_keeps_its_note() -> None:
    assert after(Done(note="Row 7")) == Decision(Outcome.DONE, DeliveryStatus.DELIVERED, "Row 7")


def test_not_yet_comes_back_when_it_says_and_climbs_nothing() -> None:
    decision = after(NotYet(12.5, "still copying"), tries=3)
    assert decision == Decision(Outcome.NOT_YET, DeliveryStatus.PENDING, "still copying", NOW + 12_500)


def test_not_yet_for_everybody_holds_the_target_until_then() -> None:
    decision = after(NotYet(12.5, "quota used up", holds=True))
    assert (decision.outcome, decision.due_at) == (Outcome.NOT_YET, NOW)
    assert decision.hold == Pause(NOW, "quota used up", NOW + 12_500, held=True)
    assert after(NotYet(12.5)).hold is None


def test_a_records_fault_fails_this_delivery_alone() -> None:
    decision = after(RemoteError("no such product", "record", status=422, retry_after=5))
    assert decision == Decision(Outcome.FAILED, DeliveryStatus.FAILED, "no such product")


def test_the_ladder_goes_from_five_seconds_to_a_day_and_lasts_three_days() -> None:
    assert (LADDER[0], LADDER[-1]) == (5, 24 * 3600)
    assert list(LADDER) == sorted(LADDER)
    assert 2.9 * 86_400 < sum(LADDER) < 3.5 * 86_400
    assert all(later <= 6 * earlier for earlier, later in itertools.pairwise(LADDER)), "no gap in it"


@pytest.mark.parametrize("tries", range(len(LADDER)))
@pytest.mark.parametrize(
    "fault", [RemoteError("answered 500", status=500), RemoteError("cut", ambiguous=True), KeyError("a bug")]
)
def test_a_passing_fault_or_a_bug_climbs_one_step(tries: int, fault: Exception) -> None:
    decision = after(fault, tries=tries)
    assert (decision.outcome, decision.status) == (Outcome.RETRY, DeliveryStatus.RETRYING)
    assert (decision.due_at, decision.counts) == (NOW + LADDER[tries] * 1000, True)
    assert (decision.pause, decision.hold) == (None, None)


@pytest.mark.parametrize("tries", [len(LADDER), len(LADDER) + 5])
@pytest.mark.parametrize("fault", [RemoteError("answered 500", retry_after=9), ValueError("a bug")])
def test_above_the_last_step_it_is_given_up_and_says_what_to_do(tries: int, fault: Exception) -> None:
    decision = after(fault, tries=tries)
    assert (decision.outcome, decision.status) == (Outcome.FAILED, DeliveryStatus.FAILED)
    assert decision.due_at is None
    assert f"{tries + 1} attempts" in decision.message
    assert "Fix the cause, then resend." in decision.message


@pytest.mark.parametrize("tries", [0, 5, len(LADDER)])
def test_an_attempt_that_got_further_begins_the_ladder_anew(tries: int) -> None:
    fault = RemoteError("cut", ambiguous=True)
    decision = decide(fault, tries=tries, now=NOW, jitter=0.0, progressed=True)
    assert (decision.outcome, decision.status) == (Outcome.RETRY, DeliveryStatus.RETRYING)
    assert (decision.due_at, decision.counts, decision.restarts) == (NOW + LADDER[0] * 1000, False, True)


def test_getting_further_helps_neither_a_bug_nor_a_record_and_undercuts_no_wait() -> None:
    def further(fault: Exception) -> Decision:
        return decide(fault, tries=4, now=NOW, jitter=0.0, progressed=True)

    assert further(ValueError("a bug")) == after(ValueError("a bug"), tries=4)
    assert further(RemoteError("no such product", "record")).status == DeliveryStatus.FAILED
    for status in (429, 503):
        hold = further(RemoteError("slow down", status=status, retry_after=90)).hold
        assert hold == Pause(NOW, "slow down", NOW + 90_000, held=True)


def test_a_bug_tells_its_kind_and_not_its_words() -> None:
    """They may hold what nobody should read; the log, which masks, has them."""
    decision = after(ValueError("token=hunter2"))
    assert "ValueError" in decision.message
    assert "hunter2" not in decision.message


@pytest.mark.parametrize("step", range(len(LADDER)))
def test_jitter_only_adds_and_at_most_a_fifth(step: int) -> None:
    fault = RemoteError("answered 500")
    lowest, middle, highest = (after(fault, step, jitter).due_at for jitter in (0.0, 0.5, 1.0))
    assert (lowest, middle, highest) == tuple(
        NOW + round(LADDER[step] * share) for share in (1000, 1100, 1200)
    )


@pytest.mark.parametrize(
    ("asked", "milliseconds"),
    [
        (0, 1_000),
        (0.2, 1_000),
        (2.5, 2_500),
        (7_200, 7_200_000),
        (86_400, 24 * HOUR),
        (86_401, 24 * HOUR),
        (10**9, 24 * HOUR),
        (math.inf, 24 * HOUR),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_holds_in_full_up_to_a_day(asked: float, milliseconds: int, status: int) -> None:
    decision = after(RemoteError("come back later", status=status, retry_after=asked))
    more = " It names a wait of more than a day; the relay tries again after a day." * (asked > LONGEST_HOLD)
    assert decision.hold == Pause(NOW, f"come back later{more}", NOW + milliseconds, held=True)
    assert LONGEST_HOLD == 24 * 3600
    waits = after(NotYet(asked, "used up", holds=True)).hold
    assert waits == Pause(NOW, f"used up{more}", NOW + milliseconds, held=True)


@pytest.mark.parametrize("tries", [0, 5, len(LADDER), len(LADDER) + 50])
@pytest.mark.parametrize(("asked", "seconds"), [(90, 90), (None, SLOWED)])
def test_429_holds_the_whole_target_and_climbs_no_step(tries: int, asked: float | None, seconds: int) -> None:
    decision = after(RemoteError("answered 429", status=429, retry_after=asked), tries=tries)
    assert (decision.outcome, decision.status) == (Outcome.RETRY, DeliveryStatus.RETRYING)
    assert (decision.counts, decision.pause) == (False, None)
    assert decision.due_at == NOW, "the hold keeps it, so whatever ends the hold sends it"
    assert decision.hold == Pause(NOW, "answered 429", NOW + seconds * 1000, held=True)


@pytest.mark.parametrize("tries", [0, 4, len(LADDER)])
def test_retry_after_of_another_fault_climbs_a_step_and_holds_also_after_the_last(tries: int) -> None:
    decision = after(RemoteError("answered 503", status=503, retry_after=60), tries=tries)
    due_at = NOW + LADDER[tries] * 1000 if tries < len(LADDER) else None
    assert (decision.due_at, decision.counts) == (due_at, True)
    assert decision.hold == Pause(NOW, "answered 503", NOW + 60_000, held=True)


@pytest.mark.parametrize(
    ("status", "asked", "until"),
    [
        (401, None, NOW + PROBE * 1000),
        (403, None, NOW + PROBE * 1000),
        (404, None, NOW + PROBE * 1000),
        (None, None, NOW + PROBE * 1000),
        (402, 86_400.0, NOW + 24 * HOUR),
        (403, 10.0**9, NOW + LONGEST_PAUSE * 1000),
        (410, None, None),
        (410, 60.0, None),
    ],
)
def test_a_connections_fault_pauses_it_and_the_delivery_stays_due(
    status: int | None, asked: float | None, until: int | None
) -> None:
    decision = after(RemoteError("go away", "connection", status=status, retry_after=asked))
    assert (decision.outcome, decision.status) == (Outcome.PAUSED, DeliveryStatus.PENDING)
    assert (decision.due_at, decision.counts) == (NOW, False)
    assert decision.pause is not None
    assert (decision.pause.since, decision.pause.why, decision.pause.until) == (NOW, "go away", until)


def test_a_pause_does_not_hide_that_it_was_tried_before() -> None:
    decision = after(RemoteError("go away", "connection"), tries=2)
    assert decision.status == DeliveryStatus.RETRYING


@pytest.mark.parametrize(
    ("tries", "asked", "milliseconds"), [(0, None, 5_000), (0, 90, 90_000), (3, 90, 600_000), (0, 1e9, None)]
)
def test_a_file_that_cannot_be_had_waits_by_itself_and_holds_nothing_of_the_destination(
    tries: int, asked: float | None, milliseconds: int | None
) -> None:
    """The CDN asked to wait, not the destination: its other deliveries go on."""
    decision = after(FileError("The CDN answered 503.", retry_after=asked), tries=tries)
    assert (decision.outcome, decision.counts, decision.hold) == (Outcome.RETRY, True, None)
    assert decision.due_at == NOW + (LONGEST_HOLD * 1000 if milliseconds is None else milliseconds)
    assert decision.pause is None


def test_a_file_that_will_never_be_had_fails_its_delivery_with_the_next_step() -> None:
    gone = FileError("The link has expired.", "record", advice="Create the file again.")
    assert after(gone) == Decision(
        Outcome.FAILED, DeliveryStatus.FAILED, "The link has expired. Create the file again."
    )


@pytest.mark.parametrize(("tries", "status"), [(0, DeliveryStatus.PENDING), (3, DeliveryStatus.RETRYING)])
def test_a_file_that_is_coming_is_no_failure_of_its_delivery(tries: int, status: DeliveryStatus) -> None:
    coming = FileComingError(2.5)
    assert after(coming, tries) == Decision(Outcome.NOT_YET, status, coming.message, NOW + 2500)
