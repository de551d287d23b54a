"""Is somebody keeping a least pace? Judged by windows of time, so that haste at first buys no rest later."""


class Pace:
    """Bytes handed over, and those of them that have not been moved yet."""

    def __init__(self, window_seconds: float, least: int) -> None:
        self._window, self._least = window_seconds, round(window_seconds * least)
        self._handed = 0
        self._since: float | None = None
        self._moved_before = 0

    def hand_over(self, size: int) -> None:
        self._handed += size

    def rest(self) -> None:
        """Nothing waits to be moved."""
        self._since = None

    def is_too_slow(self, now: float, left: int) -> bool:
        moved = self._handed - left
        if self._since is None:
            self._since, self._moved_before = now, moved
        elif now - self._since >= self._window:
            if moved - self._moved_before < self._least:
                return True
            self._since, self._moved_before = now, moved
        return False
