"""Downloads one output file into the storage, or raises a message that says why not."""

from dataclasses import dataclass
from typing import BinaryIO

from relay.archive import media_types
from relay.archive.keys import key
from relay.archive.storage import GivenUpError, Storage
from relay.errors import RemoteError
from relay.http.client import Download, Http
from relay.models.archive import ClaimedCopy

LARGEST = 1_073_741_824  # bytes of one file
_TIMEOUT = (10.0, 300.0)
_RETRYABLE = (408, 425, 429)


@dataclass(frozen=True, slots=True)
class StoredFile:
    key: str
    type: str
    size: int
    sha256: str


def fetch(claimed: ClaimedCopy, http: Http, storage: Storage, *, used: int, now: int) -> StoredFile:
    """`used`: bytes of the copies that are in the storage; `now` is in ms.

    Raises GivenUpError, or RemoteError when a later attempt may succeed.
    """
    free = storage.free_bytes(used)
    cap = LARGEST if free is None else min(LARGEST, free)
    with storage.open() as draft:
        download = _download(claimed.url, http, draft, cap, now)
        draft.seek(0)
        ending = media_types.ending(draft.read(media_types.FIRST_BYTES), download.type)
        if ending is None:
            raise GivenUpError(
                "The downloaded file is not an image, video or sound that the archive keeps (content type: "
                f"{download.type or 'none'}). Open CreativeAI's link to see the file."
            )
        name = key(claimed.generation_id, claimed.number, claimed.received_at, ending)
        storage.put(name, draft, media_types.TYPES[ending], download.size)
    return StoredFile(name, media_types.TYPES[ending], download.size, download.sha256)


def _download(url: str, http: Http, draft: BinaryIO, cap: int, now: int) -> Download:
    try:
        download = http.download(url, draft, timeout=_TIMEOUT, cap=cap)
    except RemoteError as error:
        if error.whose == "transient":
            raise
        if error.whose == "record" and cap < LARGEST:
            raise GivenUpError(
                f"The file is larger than the {cap / 1e6:,.0f} MB that are free in the archive. Make room or "
                "raise ARCHIVE_MAX_GB, then run: relay archive retry."
            ) from error
        raise GivenUpError(error.message) from error
    if 200 <= download.status < 300:
        if download.size == 0:
            raise RemoteError("CreativeAI's link returned an empty file.", status=download.status)
        return download
    if download.status >= 500 or download.status in _RETRYABLE:
        sentence = f"CreativeAI's link answered {download.status}. The relay retries automatically."
        raise RemoteError(sentence, status=download.status, retry_after=download.retry_after(now))
    if download.status in (403, 404, 410):
        raise GivenUpError(
            f"CreativeAI's link has expired (answer {download.status}); links work for 7 days. "
            "Create the file again if it is still needed."
        )
    raise GivenUpError(
        f"CreativeAI's link answered {download.status} instead of a file. Open the link to see why."
    )
