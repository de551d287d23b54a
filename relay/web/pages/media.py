"""What a page shows of a result's files: our copy first, else the vendor's link and how long it lives."""

from collections.abc import Sequence
from dataclasses import dataclass

from relay.delivery.links import Link
from relay.generation.kinds import output_kinds
from relay.models.core import LINKS_LIVE_MS
from relay.models.views import ResultRecord


@dataclass(frozen=True, slots=True)
class MediaItem:
    """`shown` is video, image, audio or file. `url` "": nobody can open it any more, or there was no link.

    kept      it is our own copy
    until     when the address dies, in ms; None: not by itself
    original  the vendor's link while it lives, for what CreativeAI is to fetch
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
    dies = record.received_at + LINKS_LIVE_MS
    found = []
    for number, output in enumerate(record.result.outputs, 1):
        original = output.url if now < dies else ""
        copy = copies.get(number)
        url, until = copy or (original, dies)
        shown = output.type.partition("/")[0]
        if shown not in ("video", "image", "audio"):
            known = output_kinds().get(record.result.kind)
            shown = known.media if known else "file"
        found.append(
            MediaItem(number, shown, url, copy is not None, until, original, output.size, output.type)
        )
    return found


def best(records: Sequence[ResultRecord]) -> ResultRecord | None:
    """The one to look at: the last that brought files, else the last."""
    with_files = [record for record in records if record.result.outputs]
    return next(reversed(with_files or records), None)
