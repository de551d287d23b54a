"""What a delivery waits for, and why it failed or was skipped: a table of facts and of what is said."""

from dataclasses import replace
from typing import Any

import pytest

from relay.delivery.status import Turn, delivery_status
from relay.models.delivery import came_late, connection_removed, superseded_by
from relay.models.status import Status
from relay.models.views import DeliverySummary

NOW = 1_800_000_000_000  # 08:00 UTC on 15 January
SECOND, HOUR = 1_000, 3_600_000
READY = Status("ready")
PAUSED = Status("paused", "Paused since 07:00 UTC: It answered 410. Deliveries to sheet are kept.")
HELD = Status("paused", "Paused since 07:59 UTC: It answered 429. Deliveries to sheet are kept.", NOW + HOUR)
NO_SECRET = Status("needs secret", "Enter the secret again. Deliveries to sheet are kept.")
COPY = "with CreativeAI's link if there is no copy by then."
WAITS = "Waiting for its turn: sent as soon as sheet takes another delivery."


def delivery(**fields: Any) -> DeliverySummary:
    plain = DeliverySummary(
        id="dlv_1",
        generation_id="vgen_1",
        result_status="completed",
        kind="video",
        connection="sheet",
        status="pending",
        attempt_count=0,
        due_at=NOW,
        settled_at=None,
        link="",
        note="",
        leased_until=None,
        generation_rank=3,
    )
    return replace(plain, **fields)


NEW = delivery()
BUSY = delivery(status="retrying", attempt_count=2, note="sheet answered 503", due_at=NOW + HOUR)
SETTLED = {"due_at": None, "settled_at": NOW, "attempt_count": 1}


@pytest.mark.parametrize(
    ("facts", "connection", "reason", "next_at"),
    [
        (NEW, READY, WAITS, None),
        (
            delivery(due_at=NOW + 8 * SECOND),
            READY,
            f"Waiting for the archived copy of its file. Sent within a minute at the latest, {COPY}",
            NOW + 8 * SECOND,
        ),
        (
            delivery(due_at=NOW + HOUR, attempt_count=1),
            READY,
            f"Waiting for the archived copy of its file. Sent at 09:00 UTC at the latest, {COPY}",
            NOW + HOUR,
        ),
        (
            delivery(due_at=NOW + 10 * SECOND, leased_until=NOW + 10 * SECOND, attempt_count=1),
            PAUSED,
            "Attempt 1 is under way, or begins in a moment.",
            None,
        ),
        (delivery(leased_until=NOW, attempt_count=1), READY, WAITS, None),
        (NEW, PAUSED, PAUSED.reason, None),
        (NEW, HELD, HELD.reason, NOW + HOUR),
        (NEW, NO_SECRET, NO_SECRET.reason, None),
        (NEW, None, "There is no connection sheet now. Add it again to send what is kept for it.", None),
        (BUSY, READY, "sheet answered 503. The next attempt is at 09:00 UTC.", NOW + HOUR),
        (BUSY, PAUSED, PAUSED.reason, None),
        (
            replace(BUSY, due_at=NOW + 2 * HOUR),
            HELD,
            "sheet answered 503. The next attempt is at 10:00 UTC.",
            NOW + 2 * HOUR,
        ),
        (replace(BUSY, due_at=NOW), HELD, HELD.reason, NOW + HOUR),
        (replace(BUSY, due_at=NOW), READY, f"sheet answered 503. {WAITS}", None),
        (
            delivery(note="Shopify is still processing it.", attempt_count=1, due_at=NOW + 5 * SECOND),
            READY,
            "Shopify is still processing it. The next attempt is within a minute.",
            NOW + 5 * SECOND,
        ),
        (delivery(status="delivered", note="Written to row 7", **SETTLED), READY, "Written to row 7", None),
        (
            delivery(status="failed", note="sheet answered 422", **SETTLED),
            PAUSED,
            "sheet answered 422. Fix the cause, then resend the delivery.",
            None,
        ),
        (
            delivery(status="failed", note="No such column. Add it, then resend the delivery.", **SETTLED),
            READY,
            "No such column. Add it, then resend the delivery.",
            None,
        ),
        (
            delivery(status="failed", **SETTLED),
            READY,
            "No reason was given. Fix the cause, then resend the delivery.",
            None,
        ),
        (
            delivery(status="failed", note="It answered 422.", result_status="processing", **SETTLED),
            READY,
            "It answered 422. A later result replaced this one, so this delivery is not resent.",
            None,
        ),
        (
            delivery(status="skipped", note=superseded_by("completed"), **SETTLED),
            READY,
            "A later result replaced this one: the generation is now completed.",
            None,
        ),
        (
            delivery(status="skipped", note=came_late("failed"), **SETTLED),
            READY,
            "This result came late: the generation had gone beyond failed.",
            None,
        ),
        (
            delivery(status="skipped", note=connection_removed("sheet"), **SETTLED),
            None,
            "The connection sheet was removed before this was sent.",
            None,
        ),
    ],
    ids=[
        *("due", "waits for the copy", "waits for a file that came later", "in hand", "lease ran out"),
        *("paused", "on hold", "needs secret", "no such connection", "retrying", "retrying and paused"),
        *("retry after the hold", "due and on hold", "due again", "not yet", "delivered", "failed"),
        *("failed with the next step", "failed without a word", "failed and superseded"),
        *("superseded", "came late", "connection removed"),
    ],
)
def test_a_delivery_says_what_it_waits_for_and_until_when(
    facts: DeliverySummary, connection: Status | None, reason: str, next_at: int | None
) -> None:
    assert delivery_status(facts, connection, NOW) == Status(facts.status, reason, next_at)


@pytest.mark.parametrize(
    ("turn", "next_at"),
    [
        (Turn(0), NOW),
        (Turn(3), None),
        (Turn(0, 5.0), NOW),
        (Turn(3, 5.0), NOW + 600),
        (Turn(120, 1.0), NOW + 120 * SECOND),
    ],
)
def test_a_turn_is_estimated_from_the_pace_of_the_destination(turn: Turn, next_at: int | None) -> None:
    assert delivery_status(NEW, READY, NOW, turn) == Status("pending", WAITS, next_at)
    assert delivery_status(NEW, HELD, NOW, turn).next_at == HELD.next_at
