"""The files of a result for a page: the archived copy, else CreativeAI's link and when it expires."""

from collections.abc import Sequence
from dataclasses import dataclass

from relay.delivery.links import Link
from relay.models.core import LINKS_LIVE_MS
from relay.models.views import ResultRecord

_TYPES = {"video": "video", "image": "image", "voice": "audio", "compose": "video", "chart": "video"}


@dataclass(frozen=True, slots=True)
class MediaItem:
    """`shown` is video, image, audio or file. `url` "": the link has expired, or there was none.

    kept      whether `url` is the archived copy
    until     when `url` expires, in ms; None: never
    original  CreativeAI's link until it expires, as input for another job; else ""
    """

    number: int
    shown: str
    url: str
    kept: bool
    until: int | None
    original: str
    size: int | None
    type: str


def media(record: ResultRecord, link: Link, now: int) -> list[MediaItem]:
    copies = {copy.number: link(copy, now) for copy in record.copies}
    expires = record.received_at + LINKS_LIVE_MS
    found = []
    for number, output in enumerate(record.result.outputs, 1):
        original = output.url if now < expires else ""
        copy = copies.get(number)
        url, until = copy or (original, expires)
        shown = output.type.partition("/")[0]
        if shown not in ("video", "image", "audio"):
            shown = _TYPES.get(record.result.kind, "file")
        found.append(
            MediaItem(number, shown, url, copy is not None, until, original, output.size, output.type)
        )
    return found


def best(records: Sequence[ResultRecord]) -> ResultRecord | None:
    """The result to show: the last one with files, else the last one."""
    with_files = [record for record in records if record.result.outputs]
    return next(reversed(with_files or records), None)
