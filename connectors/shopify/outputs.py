"""What of a result a product can show: its videos and images, their names, links and alternative text."""

import hashlib
import mimetypes
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from relay.models.core import Output, Result

_LONGEST_ALT = 512
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9_-]")
_KINDS = {"video": "VIDEO", "image": "IMAGE"}


@dataclass(frozen=True, slots=True)
class MediaFile:
    """One output that can be attached. `kind` is Shopify's word for it, `number` its place in the result.

    `name`: what an upload of it is called at Shopify, and nothing else there.
    """

    number: int
    kind: str
    name: str
    mime: str
    links: tuple[str, ...]


def media_files_of(result: Result, key: str, now: int) -> tuple[MediaFile, ...]:
    """In the order of the outputs; voices and what is not known are left out. `key` is the delivery's."""
    mark = hashlib.sha256(key.encode()).hexdigest()[:10]
    found = []
    for number, output in enumerate(result.outputs):
        mime = _mime(output)
        kind = _KINDS.get(mime.partition("/")[0] if mime else result.kind)
        if kind:
            default = "video/mp4" if kind == "VIDEO" else "image/png"
            suffix = mimetypes.guess_extension(mime or default) or ".mp4"
            stem = _NOT_IN_NAMES.sub("_", result.generation_id)[:100]
            name = f"{stem}{f'-{number + 1}' if number else ''}-{mark}{suffix}"
            found.append(MediaFile(number, kind, name, mime or default, _links(output, kind, result, now)))
    return tuple(found)


def alt_text(result: Result, context: Mapping[str, Any]) -> str:
    """What the picture shows: the context's `alt_text` or `alt`, else its `title`, else the prompt."""
    words = next(
        filter(None, (plain(context.get(name)) for name in ("alt_text", "alt", "title"))),
        plain(result.prompt),
    )
    return words if len(words) <= _LONGEST_ALT else f"{words[: _LONGEST_ALT - 1]}\u2026"


def plain(text: object) -> str:
    """One line of it, with single spaces."""
    words = text if isinstance(text, str) else ""
    return " ".join(words.encode("utf-8", "replace").decode().replace("\0", " ").split())


def _mime(output: Output) -> str:
    """Its MIME type, "" when unknown."""
    if output.type:
        return output.type.partition(";")[0].strip().lower()
    try:
        name = PurePosixPath(urlsplit(output.url).path).name
    except ValueError:
        return ""
    return mimetypes.guess_type(name)[0] or ""


def _links(output: Output, kind: str, result: Result, now: int) -> tuple[str, ...]:
    """Those to try, in order. A video is fetched by us, best from where it was made; an image by Shopify."""
    own = output.archived_until is None or output.archived_until > now
    archived = output.archived_url if own else ""
    vendor = output.url if result.links_end_at is None or result.links_end_at > now else ""
    order = (vendor, archived) if kind == "VIDEO" else (archived, vendor)
    return tuple(dict.fromkeys(filter(None, order)))
