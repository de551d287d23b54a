"""The store's interface for what keeps it small and whole: forgetting old texts, giving back room.

Times are integer ms, UTC. Each call that deletes is one short write, so that no webhook waits for it.
"""

from typing import Protocol


class MaintenanceStore(Protocol):
    def prune_bodies(self, *, before: int, most: int) -> int:
        """Forget bodies and headers of events received before this moment, oldest first. How many.

        The events stay, and with them the guard against duplicates.
        """
        ...

    def prune_shop_events(self, *, before: int, most: int) -> int:
        """Forget the bodies of shop events received before this moment that are processed. How many.

        The shop events stay, and with them the guard against duplicates.
        """
        ...

    def prune_attempts(self, *, before: int, most: int) -> int:
        """Forget attempts begun before this moment, with their responses, oldest delivery first. How many.

        The deliveries stay, with their note, their link and the number of their attempts.
        """
        ...

    def prune_refused(self, *, before: int, most: int) -> int:
        """Forget counts of refused webhooks that were begun before this moment. How many."""
        ...

    def prune_calls(self, *, before: int, most: int) -> int:
        """Forget calls to CreativeAI made before this moment, of every API key. How many."""
        ...

    def prune_access_log(self, *, before: int, most: int) -> int:
        """Forget who signed in, tried, or changed a token or secret before this moment. How many."""
        ...

    def release_space(self) -> bool:
        """Give a part of what deleted rows have left free back to the disk, in one short write. False: there
        is nothing more to give back."""
        ...

    def checkpoint(self) -> None:
        """All that is committed is in the database's own file afterwards, as far as no other process uses it
        at this moment."""
        ...
