"""Downloads one output file into the storage, or raises a message that says why not."""

from dataclasses import dataclass

from relay.archive.keys import key
from relay.archive.storage import GivenUpError, Storage
from relay.errors import FileError
from relay.files.source import FileSource
from relay.models.archive import ClaimedCopy

LARGEST = 1_073_741_824  # bytes of one file


@dataclass(frozen=True, slots=True)
class StoredFile:
    key: str
    type: str
    size: int
    sha256: str


def archive(claimed: ClaimedCopy, source: FileSource, storage: Storage, *, used: int, now: int) -> StoredFile:
    """`used`: bytes of the copies that are in the storage; `now` is in ms.

    Raises GivenUpError, or RemoteError when a later attempt may succeed.
    """
    free = storage.free_bytes(used)
    with storage.open() as draft:
        try:
            largest = LARGEST if free is None else min(LARGEST, free)
            fetched = source.fetch(claimed.url, draft, largest=largest, now=now)
        except FileError as error:
            raise _given_up(error, free) from error
        name = key(claimed.generation_id, claimed.number, claimed.received_at, fetched.ending)
        storage.put(name, draft, fetched.type, fetched.size)
    return StoredFile(name, fetched.type, fetched.size, fetched.sha256)


def _given_up(error: FileError, free: int | None) -> FileError | GivenUpError:
    if error.whose == "transient":
        return error
    if error.too_large and free is not None and free < LARGEST:
        return GivenUpError(
            f"The file is larger than the {free / 1e6:,.0f} MB that are free in the archive. Make room or "
            "raise ARCHIVE_MAX_GB, then run: relay archive retry."
        )
    return GivenUpError(error.message)
