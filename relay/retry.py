"""How long to wait before the next attempt: one table of waits for deliveries, archive and jobs.

A loop also survives a busy store: what could not be written is written in its next round.
"""

import contextlib
import logging
from collections.abc import Iterator

from relay.errors import StoreBusyError

LADDER = (5, 30, 120, 600, 1800, 3600, 3 * 3600, 6 * 3600, 12 * 3600, 24 * 3600, 24 * 3600)  # seconds: 3 days
_JITTER = 0.2
log = logging.getLogger(__name__)


def next_try(tries: int, *, now: int, jitter: float) -> int | None:
    """When, in ms, after `tries` failures before this one; None: give up.

    `jitter` is a number from 0 to 1, `now` is in ms.
    """
    if tries >= len(LADDER):
        return None
    return now + round(LADDER[tries] * 1000 * (1 + _JITTER * jitter))


@contextlib.contextmanager
def tolerate_busy_store() -> Iterator[None]:
    try:
        yield
    except StoreBusyError as error:
        log.warning("store busy", extra={"why": str(error)})
