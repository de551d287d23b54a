"""The contract of a storage: a draft to write into, and a key to put it under."""

from contextlib import AbstractContextManager
from typing import BinaryIO, Protocol

from relay.errors import RelayError


class GivenUpError(RelayError):
    """This file cannot be archived in the current state. The message says why, and what to do about it."""


class Storage(Protocol):
    """`put` raises a transient RemoteError where a later attempt may succeed, else GivenUpError."""

    name: str

    def open(self) -> AbstractContextManager[BinaryIO]:
        """A draft to write into and read from, removed afterwards unless it was put into the storage."""
        ...

    def free_bytes(self, used: int) -> int | None:
        """Bytes that still fit when the copies here take `used`; None: there is no limit.

        Raises GivenUpError when there is none at all.
        """
        ...

    def put(self, key: str, draft: BinaryIO, media_type: str, size: int) -> None:
        """When this returns, the whole draft is there under its key, whatever was there before."""
        ...

    def read(self, key: str) -> AbstractContextManager[BinaryIO]:
        """The copy under this key, at its beginning. Raises FileError."""
        ...

    def sweep(self, now: int) -> None:
        """Remove drafts that a crash left behind."""
        ...
