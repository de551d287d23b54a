"""One file from one link: downloaded, known by its first bytes, or a FileError that says why not."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO

from relay.errors import FileError, RemoteError
from relay.files import media_types
from relay.files.host_holds import HostHolds
from relay.http.client import Download, Http, MalformedUrlError, NotAllowedError, TooLargeError

VENDOR = "CreativeAI's link"
_LATER = (408, 425, 429)
_EXPIRED = (403, 404, 410)
_LONGEST_WAIT = 86_400.0  # seconds that a Retry-After is obeyed: a link lives for a week only
_OPEN = "Open the link to see why."
_AGAIN = "Create the file again if it is still needed, which costs credits."


@dataclass(frozen=True, slots=True)
class Fetched:
    """`ending` is a key of `media_types.TYPES`."""

    ending: str
    size: int
    sha256: str

    @property
    def type(self) -> str:
        return media_types.TYPES[self.ending]


def fetch(
    url: str, file: BinaryIO, http: Http, holds: HostHolds, *, largest: int, now: int, name: str
) -> Fetched:
    """Into the file, which is empty and at its beginning before and at its beginning afterwards.

    Raises FileError: transient where a later attempt may succeed. `largest` is in bytes, `now` in ms; `name`
    is what messages call the link. No host on its way is asked that `holds` has, and one that asks to wait is
    added there.
    """
    download = _downloaded(url, file, http, largest, partial(holds.check, now=now, name=name), name=name)
    _check_status(download, holds, now, name)
    file.seek(0)
    ending = media_types.ending(file.read(media_types.FIRST_BYTES))
    if ending is None:
        raise FileError(
            f"{name} returned something that is not an image, video or sound that the relay knows "
            f"(content type: {download.type or 'none'}).",
            "record",
            advice=_OPEN,
        )
    file.seek(0)
    return Fetched(ending, download.size, download.sha256)


def too_large(largest: int) -> FileError:
    return FileError(
        f"The file is larger than the {largest / 1_048_576:,.0f} MB that are taken here.",
        "record",
        advice="Make a smaller one, or raise the limit.",
        too_large=True,
    )


def _downloaded(
    url: str, file: BinaryIO, http: Http, largest: int, may_ask: Callable[[str], None], *, name: str
) -> Download:
    try:
        return http.download(url, file, cap=largest, may_ask=may_ask)
    except FileError:  # of this machine or of a hold, and said in full
        raise
    except TooLargeError:
        raise too_large(largest) from None
    except NotAllowedError as error:
        advice = _OPEN if isinstance(error, MalformedUrlError) else error.advice
        raise FileError(f"{name} was not opened: {error.reason}", "record", advice=advice) from None
    except RemoteError as error:
        raise FileError(f"{name} gave no file: {error.message}") from None


def _check_status(download: Download, holds: HostHolds, now: int, name: str) -> None:
    status = download.status
    if 200 <= status < 300:
        if download.size == 0:
            raise FileError(f"{name} returned an empty file (answer {status}).")
        return
    if status >= 500 or status in _LATER:
        wait = download.retry_after(now)
        if wait is not None:
            holds.add(download.host, wait, now)
        raise FileError(
            f"{name} answered {status}.", retry_after=None if wait is None else min(wait, _LONGEST_WAIT)
        )
    if status in _EXPIRED:
        raise FileError(
            f"{name} has expired (answer {status}); links work for 7 days.", "record", advice=_AGAIN
        )
    raise FileError(f"{name} answered {status} instead of a file.", "record", advice=_OPEN)
