"""What a connection is, why, since when and until when: a table of facts and of what is said of them."""

from dataclasses import replace

import pytest

from relay.connections.contract import ConnectionView
from relay.connections.status import connection_status, connection_statuses
from relay.models.connection import ConnectionState, Pause
from relay.models.core import ResultStatus
from relay.models.status import Status

NOW = 1_800_000_030_000  # half past 08:00 UTC on 15 January
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
READY = ConnectionView(
    "n8n", "webhook", ConnectionState.READY, "", frozenset(ResultStatus), frozenset(), {}, (), 1
)
LOST = replace(
    READY, state=ConnectionState.NEEDS_SECRET, fault="Enter the secret again (token): the key is lost."
)
UNFIT = replace(READY, state=ConnectionState.NEEDS_ATTENTION, fault="Some options are not valid: url")
KEPT = "Deliveries to n8n are kept until you resume the connection."
PAUSED = ConnectionState.PAUSED


@pytest.mark.parametrize(
    ("view", "pause", "status"),
    [
        (READY, None, Status(ConnectionState.READY)),
        (
            READY,
            Pause(NOW - HOUR, "The address answered 410.", None),
            Status(PAUSED, f"Paused since 07:00 UTC: The address answered 410. {KEPT}"),
        ),
        (
            READY,
            Pause(NOW, "n8n answered 401", NOW + HOUR),
            Status(
                PAUSED,
                "Paused since 08:00 UTC: n8n answered 401. Deliveries to n8n are kept until 09:01 UTC, or "
                "until you resume the connection.",
                NOW + HOUR,
            ),
        ),
        (
            READY,
            Pause(NOW - DAY, "n8n answered 503 and asks to wait.", NOW + DAY, held=True),
            Status(
                PAUSED,
                "Paused since 08:00 UTC on 14 January: n8n answered 503 and asks to wait. Deliveries to n8n "
                "are kept until 08:01 UTC on 16 January, or until you resume the connection.",
                NOW + DAY,
            ),
        ),
        (READY, Pause(NOW - MINUTE, "", None), Status(PAUSED, f"Paused since 07:59 UTC. {KEPT}")),
        (READY, Pause(NOW - HOUR, "n8n answered 401.", NOW), Status(ConnectionState.READY)),
        (
            LOST,
            None,
            Status(
                ConnectionState.NEEDS_SECRET,
                "Enter the secret again (token): the key is lost. Deliveries to n8n are kept until you fix "
                "the connection.",
            ),
        ),
        (
            UNFIT,
            Pause(NOW, "n8n answered 401.", NOW + HOUR),
            Status(
                ConnectionState.NEEDS_ATTENTION,
                "Some options are not valid: url. Deliveries to n8n are kept until you fix the connection.",
            ),
        ),
    ],
    ids=[
        *("ready", "until a person resumes", "probed later", "on hold", "no reason", "pause is over"),
        *("needs secret", "needs attention, and paused too"),
    ],
)
def test_a_connection_says_why_since_when_and_until_when(
    view: ConnectionView, pause: Pause | None, status: Status
) -> None:
    assert connection_status(view, pause, NOW) == status


def test_each_has_its_own_pause() -> None:
    pauses = {"n8n": Pause(NOW, "holidays", None)}
    found = connection_statuses([READY, replace(READY, name="other")], pauses, NOW)
    assert {name: status.state for name, status in found.items()} == {"n8n": "paused", "other": "ready"}
