"""What the queue and a job wait for, and until when: a table of facts and of what is said about them."""

from dataclasses import replace
from typing import Any

import pytest

from relay.generation.queue_eta import free_at
from relay.generation.status import job_status, queue_status
from relay.models.job import Job, JobStatus, RateBucket, Source
from relay.models.queue import Hold, QueueLimits, QueuePosition, QueueState, Used
from relay.models.status import clock

NOW = 1_800_000_000_000  # 08:00 UTC on 15 January
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
LIMITS = QueueLimits(100)
BUDGET = replace(LIMITS, credits_per_day=100)
READY = QueueState(waiting=1, running=0, held=0)
HUNDRED = tuple(Used(NOW + HOUR * 6 + MINUTE * 20 + n, 1) for n in range(100))
TWENTY_LEFT = tuple(Used(NOW + HOUR + n * MINUTE, 1) for n in range(80))
SPENT = (Used(NOW + 2 * HOUR, 60), Used(NOW + 3 * HOUR, 35))
PLACE = QueuePosition(0, 0)
NO_KEY = "No CreativeAI API key is set, so the job cannot be sent. Set CREATIVEAI_API_KEY."

NOBODY_ASKS = (
    "The relay waits for CreativeAI's webhook. It has no API key, so it cannot ask; set CREATIVEAI_API_KEY, "
    "and it asks."
)


def job(**fields: Any) -> Job:
    plain: dict[str, Any] = {
        "id": "job_1",
        "kind": "text-to-video",
        "output_kind": "video",
        "input": {},
        "context": {},
        "source": Source.API,
        "status": JobStatus.QUEUED,
        "status_reason": "",
        "error_param": "",
        "estimate": 60.0,
        "credits": None,
        "refunded": None,
        "found_by": "",
        "fan_out": True,
        "batch_id": "",
        "pipeline_id": "",
        "step": "",
        "inputs": {},
        "rate_bucket": RateBucket.VIDEO,
        "expected_results": 1,
        "vendor_id": "",
        "submission": 0,
        "created_at": NOW - HOUR,
        "due_at": NOW - HOUR,
        "submitted_at": None,
        "running_until": None,
        "poll_at": None,
        "settled_at": None,
    }
    return Job(**(plain | fields))


VOICE = {"kind": "voice", "rate_bucket": RateBucket.OTHER, "estimate": 8.0}
HELD_FOR_MONEY = {"status": JobStatus.HELD, "status_reason": "No credits.", "due_at": NOW + HOUR}
ASKED_AGAIN = {
    "status": JobStatus.HELD,
    "status_reason": "A word.",
    "due_at": None,
    "poll_at": NOW + 9,
    "submission": 1,
}
HELD_VIDEO = replace(
    READY, holds=(Hold(RateBucket.VIDEO, NOW, NOW + DAY, "CreativeAI accepts no more requests (429)."),)
)


@pytest.mark.parametrize(
    ("facts", "limits", "fields", "reason", "next_at"),
    [
        (READY, LIMITS, {}, "", NOW),
        (
            replace(READY, videos=HUNDRED),
            LIMITS,
            {},
            "100 of 100 videos today; the next place is free at 14:20 UTC.",
            HUNDRED[0].until,
        ),
        (replace(READY, videos=HUNDRED), LIMITS, VOICE, "", NOW),
        (
            replace(READY, videos=TWENTY_LEFT),
            LIMITS,
            {"expected_results": 25, "kind": "video-batch"},
            (
                "80 of 100 videos today; this job makes 25, and places for it are free at 09:04 UTC, or "
                "later if smaller jobs are sent before it."
            ),
            NOW + HOUR + 4 * MINUTE,
        ),
        (replace(READY, videos=TWENTY_LEFT), LIMITS, {"expected_results": 20}, "", NOW),
        (
            HELD_VIDEO,
            LIMITS,
            {},
            (
                "CreativeAI accepts no more requests (429). No videos are sent until 08:00 UTC on 16 "
                "January, or until you resume the queue."
            ),
            NOW + DAY,
        ),
        (HELD_VIDEO, LIMITS, VOICE, "", NOW),
        (
            replace(READY, paused_since=NOW, paused_until=NOW + HOUR, paused_why="No credits"),
            LIMITS,
            VOICE,
            "Queue paused: No credits. Nothing is sent until 09:00 UTC, or until you resume the queue.",
            NOW + HOUR,
        ),
        (
            replace(READY, paused_since=NOW, paused_why="Sale is over."),
            LIMITS,
            {},
            "Queue paused: Sale is over. Nothing is sent until you resume the queue.",
            None,
        ),
        (
            replace(READY, credits=SPENT),
            BUDGET,
            VOICE,
            (
                "95 of 100 credits used today, the limit that you set; the 8 that this job takes are free at "
                "10:00 UTC."
            ),
            NOW + 2 * HOUR,
        ),
        (replace(READY, credits=SPENT), LIMITS, VOICE, "", NOW),
        (replace(READY, credits=SPENT), BUDGET, {**VOICE, "estimate": 5.0}, "", NOW),
        (
            replace(READY, no_requests_until=NOW + DAY),
            LIMITS,
            VOICE,
            (
                "CreativeAI reports that the API key has no requests left. Nothing is sent until 08:00 UTC "
                "on 16 January, or until you resume the queue."
            ),
            NOW + DAY,
        ),
        (
            READY,
            LIMITS,
            {"due_at": NOW + 5 * MINUTE, "status_reason": "All providers are busy (503)."},
            "All providers are busy (503). The next attempt is at 08:05 UTC.",
            NOW + 5 * MINUTE,
        ),
        (
            replace(HELD_VIDEO, videos=HUNDRED),
            LIMITS,
            {"due_at": NOW + 5 * MINUTE},
            HELD_VIDEO.holds[0].reason
            + " No videos are sent until 08:00 UTC on 16 January, or until you resume the queue.",
            NOW + DAY,
        ),
        (
            READY,
            LIMITS,
            {"status": JobStatus.HELD, "status_reason": "No credits.", "due_at": NOW + HOUR},
            "No credits. The job is sent at 09:00 UTC, or as soon as you resume the queue.",
            NOW + HOUR,
        ),
        (
            READY,
            LIMITS,
            {"status": JobStatus.HELD, "status_reason": "Decide by hand.", "due_at": None},
            "Decide by hand.",
            None,
        ),
        (READY, LIMITS, {"status": JobStatus.PROCESSING, "poll_at": NOW + 9, "due_at": None}, "", NOW + 9),
        (
            READY,
            LIMITS,
            {
                "status": JobStatus.PROCESSING,
                "poll_at": NOW + 10 * MINUTE,
                "due_at": None,
                "submitted_at": NOW - HOUR,
                "status_reason": "A page.",
            },
            "A page. CreativeAI is polled again at 08:10 UTC, and until 07:00 UTC on 16 January at most.",
            NOW + 10 * MINUTE,
        ),
        (
            replace(READY, holds=(Hold(RateBucket.POLL, NOW, NOW + HOUR, "Busy."),)),
            LIMITS,
            {"status": JobStatus.PROCESSING, "poll_at": NOW + 9, "due_at": None},
            "Busy. Nothing is polled until 09:00 UTC, or until you resume the queue.",
            NOW + HOUR,
        ),
        (
            replace(READY, no_requests_until=NOW + HOUR),
            LIMITS,
            {"status": JobStatus.PROCESSING, "poll_at": NOW + 9, "due_at": None},
            (
                "CreativeAI reports that the API key has no requests left. Nothing is polled until 09:00 "
                "UTC, or until you resume the queue."
            ),
            NOW + HOUR,
        ),
        (READY, LIMITS, ASKED_AGAIN, "A word.", NOW + 9),
        (
            replace(READY, holds=(Hold(RateBucket.POLL, NOW, NOW + HOUR, "Busy."),)),
            LIMITS,
            ASKED_AGAIN,
            "A word. Busy. Nothing is polled until 09:00 UTC, or until you resume the queue.",
            NOW + HOUR,
        ),
        (None, LIMITS, ASKED_AGAIN, "A word.", None),
        (
            replace(READY, paused_since=NOW, paused_until=NOW + 2 * HOUR, paused_why="No credits"),
            LIMITS,
            HELD_FOR_MONEY,
            "No credits. The job is sent at 10:00 UTC, or as soon as you resume the queue.",
            NOW + 2 * HOUR,
        ),
        (
            replace(READY, paused_since=NOW, paused_why="Sale is over."),
            LIMITS,
            HELD_FOR_MONEY,
            "No credits. The job is sent once you resume the queue.",
            None,
        ),
        (
            replace(READY, videos=HUNDRED),
            LIMITS,
            HELD_FOR_MONEY,
            "No credits. 100 of 100 videos today; the next place is free at 14:20 UTC.",
            HUNDRED[0].until,
        ),
        (READY, LIMITS, {**HELD_FOR_MONEY, "due_at": NOW - 1}, "No credits.", NOW),
        (READY, BUDGET, {**HELD_FOR_MONEY, "estimate": 101.0}, "No credits.", None),
        (None, LIMITS, HELD_FOR_MONEY, NO_KEY, None),
        (
            replace(READY, running_videos=3),
            LIMITS,
            {},
            "3 of 3 videos are rendering. The next one is sent when one of them is done.",
            NOW,
        ),
        (replace(READY, running_videos=3), LIMITS, VOICE, "", NOW),
        (READY, LIMITS, {"due_at": None, "status_reason": "Waits for image."}, "Waits for image.", None),
        (None, LIMITS, {}, NO_KEY, None),
        (None, LIMITS, {"status": JobStatus.PROCESSING, "due_at": None}, NOBODY_ASKS, None),
        (None, LIMITS, {"status": JobStatus.PROCESSING, "poll_at": NOW, "due_at": None}, NOBODY_ASKS, None),
        (
            None,
            LIMITS,
            {"status": JobStatus.PROCESSING, "status_reason": "A page.", "due_at": None},
            f"A page. {NOBODY_ASKS}",
            None,
        ),
    ],
)
def test_a_job_says_what_it_waits_for_and_until_when(
    facts: QueueState | None, limits: QueueLimits, fields: dict[str, Any], reason: str, next_at: int | None
) -> None:
    said = job_status(job(**fields), facts, limits, NOW, PLACE)
    assert (said.reason, said.next_at) == (reason, next_at)


def test_a_job_further_back_says_when_its_own_place_is_free() -> None:
    full = job_status(job(), replace(READY, videos=HUNDRED), LIMITS, NOW, QueuePosition(29, 0, videos=29))
    assert "the next place is free at 14:20 UTC" in full.reason
    assert full.next_at == HUNDRED[29].until
    room = job_status(job(), replace(READY, videos=TWENTY_LEFT), LIMITS, NOW, QueuePosition(29, 0, videos=29))
    assert room.reason == (
        "80 of 100 videos today, and the jobs before this one take the rest. Its place is free at about "
        "09:09 UTC."
    )
    assert room.next_at is not None
    assert room.next_at >= NOW + HOUR + 9 * MINUTE


@pytest.mark.parametrize(
    ("facts", "state", "reason", "next_at"),
    [
        (READY, "ready", "", None),
        (replace(READY, paused_since=NOW), "paused", "Queue paused. Nothing is sent until you", None),
        (replace(READY, videos=HUNDRED), "limited", "100 of 100 videos today", HUNDRED[0].until),
        (HELD_VIDEO, "limited", "No videos are sent until 08:00 UTC on 16 January", NOW + DAY),
        (
            replace(READY, holds=(Hold(RateBucket.POLL, NOW, NOW + MINUTE),)),
            "limited",
            "CreativeAI accepts no more requests at the moment. Nothing is polled until 08:01 UTC",
            NOW + MINUTE,
        ),
        (replace(HELD_VIDEO, videos=HUNDRED), "limited", "100 of 100 videos today", HUNDRED[0].until),
        (
            replace(READY, credits=(Used(NOW + HOUR, 100),)),
            "limited",
            "100 of 100 credits used today, the limit that you set; the next credits are free at 09:00 UTC",
            NOW + HOUR,
        ),
        (
            replace(READY, videos=TWENTY_LEFT, most_videos=25),
            "limited",
            "80 of 100 videos today; the largest queued job makes 25, and places for it are free at 09:04",
            NOW + HOUR + 4 * MINUTE,
        ),
        (replace(READY, videos=TWENTY_LEFT, most_videos=20), "ready", "", None),
        (
            replace(READY, credits=SPENT, most_credits=8),
            "limited",
            (
                "95 of 100 credits used today, the limit that you set; the 8 that the largest queued job "
                "takes are free at 10:00 UTC"
            ),
            NOW + 2 * HOUR,
        ),
        (replace(READY, credits=SPENT, most_credits=5), "ready", "", None),
    ],
)
def test_the_queue_says_what_keeps_jobs_waiting(
    facts: QueueState, state: str, reason: str, next_at: int | None
) -> None:
    said = queue_status(facts, BUDGET, NOW)
    assert (said.state, said.next_at) == (state, next_at)
    assert reason in said.reason


@pytest.mark.parametrize(
    ("used", "needed", "at"),
    [
        ((), 1, NOW),
        ((), 100, NOW),
        ((), 101, NOW + DAY),
        ((), 201, NOW + 2 * DAY),
        (HUNDRED, 1, HUNDRED[0].until),
        (HUNDRED, 100, HUNDRED[99].until),
        (HUNDRED, 101, HUNDRED[0].until + DAY),
        (TWENTY_LEFT, 20, NOW),
        (TWENTY_LEFT, 21, TWENTY_LEFT[0].until),
        (TWENTY_LEFT, 120, NOW + DAY),
        (TWENTY_LEFT, 121, TWENTY_LEFT[0].until + DAY),
    ],
)
def test_places_of_a_day_become_free_in_the_order_in_which_they_were_taken(
    used: tuple[Used, ...], needed: int, at: int
) -> None:
    assert free_at(used, needed, 100, NOW) == at


@pytest.mark.parametrize(
    ("at", "words"),
    [(NOW + 1, "08:01 UTC"), (NOW + HOUR, "09:00 UTC"), (NOW + 20 * HOUR, "04:00 UTC on 16 January")],
)
def test_a_time_is_never_too_early_and_names_another_day(at: int, words: str) -> None:
    assert clock(at, NOW) == words


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"source": Source.SAMPLE}, "Nothing was charged: this is a sample."),
        ({"refunded": 1.0}, "CreativeAI refunded 1 credit."),
        ({"credits": 30.0}, "CreativeAI charged 30 credits."),
        ({"credits": 0.0}, "Nothing was charged."),
        ({}, "Nothing was charged: the job was not sent."),
        ({"submission": 1, "status": JobStatus.HELD, "due_at": None}, ""),
        ({"submission": 1, "status": JobStatus.COMPLETED}, "CreativeAI did not report what it charged."),
    ],
)
def test_a_job_says_what_was_charged(fields: dict[str, Any], words: str) -> None:
    assert job_status(job(**fields), READY, LIMITS, NOW).charge == words
