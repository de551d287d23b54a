"""The store's interface for webhooks that were refused: how many, by hour and reason.

Times are integer ms, UTC.
"""

from collections.abc import Sequence
from typing import Protocol

from relay.models.views import RefusedWebhooks


class RefusalStore(Protocol):
    def add_refused(self, refused: Sequence[RefusedWebhooks]) -> None:
        """Add each to the count of its hour and reason; its sender and time are the last ones then. `id` is
        made here.

        Waits for other writers for half a second at most, as webhooks go first, and may be undone by a loss
        of power.
        """
        ...

    def refused_webhooks(self, *, limit: int, before: str = "") -> list[RefusedWebhooks]:
        """Newest first; `before` is the id of the last one seen."""
        ...

    def count_refused(self, *, since: int) -> int:
        """How many webhooks, with all of the hour that this moment is in."""
        ...
