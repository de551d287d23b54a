"""Hosts of files that asked to be left alone for a while: known once, to whoever wants a file of theirs."""

import threading
from math import ceil

from relay.errors import FileError
from relay.models.status import clock

# One file may be told to wait for a day; the others of its host ask for themselves after an hour.
LONGEST_SECONDS = 3600.0


class HostHolds:
    """Of one process. Times are in ms."""

    def __init__(self) -> None:
        self._until: dict[str, int] = {}
        self._lock = threading.Lock()

    def add(self, host: str, seconds: float, now: int) -> None:
        """The host answered with a Retry-After. Of two holds, the one that ends last stays."""
        until = now + round(min(seconds, LONGEST_SECONDS) * 1000)
        with self._lock:
            held = {each: end for each, end in self._until.items() if end > now}
            self._until = held | {host: max(until, held.get(host, 0))}

    def check(self, host: str, now: int, name: str) -> None:
        """Raises FileError as long as the host is not to be asked. `name`: what messages call the link."""
        until = self._until.get(host, 0)
        if now < until <= now + LONGEST_SECONDS * 1000:  # later: the clock was set back meanwhile
            raise FileError(
                f"{name} was not opened: {host} asked to be left alone until {clock(until, now)}.",
                retry_after=ceil((until - now) / 1000),
            )
