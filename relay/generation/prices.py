"""Prices for whoever asks, sparingly: the vendor's requests a minute belong to the jobs."""

import threading
from collections import deque

from relay.generation.client import CreativeAI
from relay.generation.kinds import Estimate, Kind, Wish, ask, estimate

_MINUTE = 60_000


class Prices:
    """Safe for any thread. `client` None: there is no key, and typical prices are all there is."""

    def __init__(self, client: CreativeAI | None, *, requests_per_minute: int) -> None:
        self._client = client
        self._lock = threading.Lock()
        self._asked: deque[int] = deque(maxlen=max(1, requests_per_minute // 5))

    def price(self, kind: Kind, wish: Wish, now: int) -> Estimate:
        if self._client is None or not kind.priced_as or not self._may_ask(now):
            return estimate(kind, wish)
        return ask(kind, wish, self._client, now)

    def _may_ask(self, now: int) -> bool:
        with self._lock:
            if len(self._asked) == self._asked.maxlen and now - self._asked[0] < _MINUTE:
                return False
            self._asked.append(now)
            return True
