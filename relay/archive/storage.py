"""What a place for copies is: a draft to write into, a name to put it under, a link to hand on."""

from contextlib import AbstractContextManager
from typing import BinaryIO, Protocol

from relay.errors import RelayError


class GivenUpError(RelayError):
    """This file will not be archived as things are. The message says why, and what to do about it."""


class Storage(Protocol):
    """Failures that pass leave `put` as a transient RemoteError, others as GivenUpError."""

    name: str

    def open(self) -> AbstractContextManager[BinaryIO]:
        """A draft to write into and read from, gone afterwards unless it was put on the shelf."""
        ...

    def room(self, used: int) -> int | None:
        """Bytes that still fit when our copies here take `used`; None: as many as you like.

        Raises GivenUpError when there is none at all.
        """
        ...

    def put(self, key: str, draft: BinaryIO, media_type: str, size: int) -> None:
        """When this returns, the whole draft is there under its key, whatever was there before."""
        ...

    def sweep(self, now: int) -> None:
        """Remove drafts that a crash left behind."""
        ...
