"""What is stored as "not before", after the host's clock was set back: such a wait counts as over.

A wait that was begun at a moment which is still to come was measured by a clock that was ahead. By today's
clock it would last longer than the rule that made it allows: for an hour, when the clock was an hour ahead.
So it ends now, wherever it is stored; all these places are in `statements/clock.sql`. What a person paused
without an end stays paused.
"""

from collections.abc import Iterable, Mapping, Sequence

from relay.models.job import SILENT_MS
from relay.store.sql.database import Database, Params

AHEAD_MS = 60_000  # clocks of hosts differ by less, and so long a wait may be too long unnoticed
_STEP_BACK_MS = 1_000  # threads of one process may come in another order than their times
_LONGEST_POLL_MS = 86_400_000  # no wait between two polls of a job is longer

_LEASES = ("end_delivery_leases", "end_copy_leases", "end_job_leases")
OF_DELIVERIES = ("end_delivery_waits", "end_delivery_leases")
OF_TARGETS = ("end_target_paces", "end_target_holds_ahead", "end_pauses_ahead")
OF_COPIES = ("end_first_copy_waits", "end_later_copy_waits", "end_copy_leases")
OF_QUEUE = (
    *("end_job_waits", "end_poll_waits", "end_job_leases", "end_running"),
    "end_vendor_calls_ahead",
    *("forget_rate_limits_ahead", "end_account_pauses_ahead", "end_rate_holds_ahead"),
    *("end_shop_event_waits", "end_unsigned_event_waits"),
)


class ClockChecks:
    """When to look for such waits, by what is claimed: at first, once a minute, and when the clock has gone
    back. Of one process; any thread may ask.

    A lease is left alone for a minute more: whoever still works renews it by then.
    """

    def __init__(self) -> None:
        self._checked_at: dict[str, int] = {}
        self._latest: dict[str, int] = {}

    def end_waits(
        self,
        claimed: str,
        database: Database,
        steps: Iterable[tuple[Sequence[str], Params]],
        *,
        now: int,
        lease_until: int,
    ) -> None:
        """`lease_until`: the end of a lease that is taken now; one that ends much later is of another clock.

        Raises StoreBusyError, and then it is due again.
        """
        latest, self._latest[claimed] = self._latest.get(claimed, now), now
        checked_at = self._checked_at.get(claimed)
        is_set_back = checked_at is None or now < latest - _STEP_BACK_MS
        if checked_at is not None and not is_set_back and 0 <= now - checked_at < AHEAD_MS:
            return
        self._checked_at.pop(claimed, None)
        times = _times(now, lease_until)
        with database.write() as db:
            for names, params in steps:
                for name in names:
                    if name not in _LEASES or not is_set_back:
                        db.execute(name, {**times, **params})
        self._checked_at[claimed] = now


def _times(now: int, lease_until: int) -> Mapping[str, int]:
    return {
        "now": now,
        "ahead": now + AHEAD_MS,
        "lease_ahead": lease_until + AHEAD_MS,
        "poll_ahead": now + _LONGEST_POLL_MS + AHEAD_MS,
        "running_ahead": now + SILENT_MS + AHEAD_MS,
    }
