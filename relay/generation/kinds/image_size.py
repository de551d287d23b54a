"""What a picture is by its first bytes: PNG (https://www.w3.org/TR/png-3/) or JPEG (ITU T.81), how large."""

import struct
from typing import NamedTuple

_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG = b"\xff\xd8\xff"
_SIZED = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # the frame headers among the markers
_BARE = frozenset((0x01, *range(0xD0, 0xD9)))  # markers without a length


class Picture(NamedTuple):
    """Width and height in pixels."""

    type: str
    width: int
    height: int


def measure(content: bytes) -> Picture | None:
    """None: it is neither, or broken before its size."""
    if content.startswith(_PNG) and content[12:16] == b"IHDR" and len(content) >= 24:
        width, height = struct.unpack(">II", content[16:24])
        return Picture("image/png", width, height)
    return _jpeg(content) if content.startswith(_JPEG) else None


def _jpeg(content: bytes) -> Picture | None:
    at = 2
    while at + 4 <= len(content) and content[at] == 0xFF:
        marker = content[at + 1]
        if marker == 0xFF or marker in _BARE:
            at += 1 if marker == 0xFF else 2
            continue
        if marker in _SIZED:
            if at + 9 > len(content):
                return None
            height, width = struct.unpack(">HH", content[at + 5 : at + 9])
            return Picture("image/jpeg", width, height)
        (length,) = struct.unpack(">H", content[at + 2 : at + 4])
        at += 2 + length
    return None
