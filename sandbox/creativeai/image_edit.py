"""Edits of an image, answered at once: /v1/images/edits, a multipart form with the image and maybe a mask.

https://creativeai.run/api-docs, Advanced Image Editing. The mask is a PNG of the image's dimensions.
"""

import struct
from collections.abc import Mapping
from typing import Any

from sandbox import validation
from sandbox.creativeai import catalog, image
from sandbox.creativeai.jobs import JobRequest, Kind
from sandbox.errors import invalid

RULES: dict[str, validation.Rule] = {
    "prompt": validation.text,
    "model": validation.text,
    "size": image.SIZE,
    "outpaint_direction": validation.text,  # not documented: the words, but for "all"
    "style_reference_url": validation.address,
    "n": validation.one_of("1", "2", "3", "4"),
}
PNG = b"\x89PNG\r\n\x1a\n"
JPEG = b"\xff\xd8"
FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # JPEG markers with the dimensions


def parse(form: Mapping[str, str], files: Mapping[str, bytes]) -> JobRequest:
    """In the request, each picture is represented by its size in bytes."""
    request: dict[str, Any] = validation.check(dict(form), RULES, required=("prompt",))
    if "image" not in files:
        raise invalid("Missing required parameter: 'image'.", "image")
    size = dimensions(files["image"])
    if size is None:
        raise invalid("Invalid 'image': must be a PNG or JPEG file.", "image")
    if "mask" in files:
        if not files["mask"].startswith(PNG):
            raise invalid("Invalid 'mask': must be a PNG file.", "mask")
        if dimensions(files["mask"]) != size:
            raise invalid("Invalid 'mask': must have the dimensions of the image.", "mask")
    request |= {name: len(content) for name, content in files.items()}
    request["n"] = int(request.get("n", 1))
    return JobRequest(EDIT, "edited_", request, catalog.IMAGE_EDIT * request["n"])


def dimensions(picture: bytes) -> tuple[int, int] | None:
    """Width and height of a PNG or JPEG; None: it is neither."""
    try:
        if picture.startswith(PNG):
            width, height = struct.unpack(">II", picture[16:24])
            return width, height
        return _of_jpeg(picture) if picture.startswith(JPEG) else None
    except (struct.error, IndexError):
        return None


def _of_jpeg(picture: bytes) -> tuple[int, int]:
    """Its segments, one after the other, until the one that begins a frame."""
    at = len(JPEG)
    while picture[at + 1] not in FRAMES:
        at += 2 + int(struct.unpack(">H", picture[at + 2 : at + 4])[0])
    height, width = struct.unpack(">HH", picture[at + 5 : at + 9])
    return width, height


EDIT = Kind("image.edit", "png", seconds=0, waits=0, webhook=image.webhook, status=image.answer)
