"""One output from the vendor's link to a shelf, or in words why not."""

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
_LATER = (408, 425, 429)


@dataclass(frozen=True, slots=True)
class StoredFile:
    key: str
    type: str
    size: int
    sha256: str


def fetch(claimed: ClaimedCopy, http: Http, storage: Storage, *, used: int, now: int) -> StoredFile:
    """`used`: bytes of our copies there; `now` is in ms.

    Raises GivenUpError, or RemoteError when a later try may do.
    """
    room = storage.room(used)
    cap = LARGEST if room is None else min(LARGEST, room)
    with storage.open() as draft:
        came = _download(claimed.url, http, draft, cap, now)
        draft.seek(0)
        ending = media_types.ending(draft.read(media_types.FIRST_BYTES), came.type)
        if ending is None:
            raise GivenUpError(
                "The downloaded file is not an image, video or sound that the archive keeps (content type: "
                f"{came.type or 'none'}). Open CreativeAI's link to see the file."
            )
        name = key(claimed.generation_id, claimed.number, claimed.received_at, ending)
        storage.put(name, draft, media_types.TYPES[ending], came.size)
    return StoredFile(name, media_types.TYPES[ending], came.size, came.sha256)


def _download(url: str, http: Http, draft: BinaryIO, cap: int, now: int) -> Download:
    try:
        came = http.download(url, draft, timeout=_TIMEOUT, cap=cap)
    except RemoteError as error:
        if error.whose == "transient":
            raise
        if error.whose == "record" and cap < LARGEST:
            raise GivenUpError(
                f"The file is larger than the {cap / 1e6:,.0f} MB that the archive has left. Make room or "
                "raise ARCHIVE_MAX_GB, then run: relay archive retry."
            ) from error
        raise GivenUpError(error.message) from error
    if 200 <= came.status < 300:
        if came.size == 0:
            raise RemoteError("CreativeAI's link returned an empty file.", status=came.status)
        return came
    if came.status >= 500 or came.status in _LATER:
        sentence = f"CreativeAI's link answered {came.status}. The relay retries automatically."
        raise RemoteError(sentence, status=came.status, retry_after=came.retry_after(now))
    if came.status in (403, 404, 410):
        raise GivenUpError(
            f"CreativeAI's link has expired (answer {came.status}); links work for 7 days. "
            "Create the file again if it is still needed."
        )
    raise GivenUpError(
        f"CreativeAI's link answered {came.status} instead of a file. Open the link to see why."
    )
