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
_NAMED_BY_KIND = ("video", "image", "voice")  # kinds of results whose outputs are of that medium


@dataclass(frozen=True, slots=True)
class MediaFile:
    """One output that can be attached. `kind` is Shopify's word for it, `number` its place in the result.

    `name`: what an upload of it is called at Shopify, and nothing else there.
    """

    number: int
    kind: str
    name: str
    output: Output


class OtherKindError(Exception):
    """By its first bytes, the file of this number is something else than was announced."""

    def __init__(self, number: int, mime: str) -> None:
        super().__init__(f"file {number} is {mime}")
        self.number, self.mime = number, mime


def kind_of(mime: str) -> str | None:
    """Shopify's word; None for what a product does not show."""
    return _KINDS.get(mime.partition("/")[0])


def unknown_files(result: Result, types: Mapping[str, str]) -> dict[str, Output]:
    """By number, those of which nothing but their bytes says what they are. `types`: what these said."""
    if result.kind in _NAMED_BY_KIND:
        return {}
    numbered = ((str(number), output) for number, output in enumerate(result.outputs))
    return {number: output for number, output in numbered if number not in types and not _mime(output)}


def media_files_of(result: Result, key: str, types: Mapping[str, str]) -> tuple[MediaFile, ...]:
    """In the order of the outputs; voices and what is not known are left out.

    `key` is the delivery's, `types`: number -> the MIME type that was found in the bytes.
    """
    mark = hashlib.sha256(key.encode()).hexdigest()[:10]
    found = []
    for number, output in enumerate(result.outputs):
        mime = types.get(str(number)) or _mime(output)
        kind = kind_of(mime or result.kind)
        if kind:
            default = "video/mp4" if kind == "VIDEO" else "image/png"
            suffix = mimetypes.guess_extension(mime or default) or ".mp4"
            stem = _NOT_IN_NAMES.sub("_", result.generation_id)[:100]
            name = f"{stem}{f'-{number + 1}' if number else ''}-{mark}{suffix}"
            found.append(MediaFile(number, kind, name, output))
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
