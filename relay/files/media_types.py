"""What a file is: decided by its first bytes, whatever it is declared as."""

FIRST_BYTES = 16  # as many as the checks below need

# Ending -> the MIME type it is served as. No type here is one that a browser runs as a page.
TYPES = {
    "mp4": "video/mp4",
    "mov": "video/quicktime",
    "webm": "video/webm",
    "png": "image/png",
    "jpg": "image/jpeg",
    "gif": "image/gif",
    "webp": "image/webp",
    "mp3": "audio/mpeg",
    "m4a": "audio/mp4",
    "wav": "audio/wav",
}
_STARTS = (
    (b"\x1a\x45\xdf\xa3", "webm"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"\xff\xd8\xff", "jpg"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"ID3", "mp3"),
)
_RIFF = {b"WEBP": "webp", b"WAVE": "wav"}
_QUICKTIME = {b"moov", b"mdat", b"wide", b"free", b"skip"}  # files from before there was an `ftyp`
_IMAGES = (b"heic", b"heix", b"mif1", b"msf1", b"avif", b"avis")  # the same container, but not a video
_SOUNDS = (b"M4A ", b"M4B ")


def ending(first: bytes) -> str | None:
    """The file's ending, or None: no image, video or sound that is known here."""
    for start, found in _STARTS:
        if first.startswith(start):
            return found
    if first.startswith(b"RIFF"):
        return _RIFF.get(first[8:12])
    return _of_box(first[4:8], first[8:12]) or ("mp3" if _is_mpeg_frame(first) else None)


def _of_box(box: bytes, brand: bytes) -> str | None:
    """MP4 and QuickTime begin with a box: four bytes of length, four of its name."""
    if box == b"ftyp":
        if brand in _IMAGES:
            return None
        return "mov" if brand == b"qt  " else "m4a" if brand in _SOUNDS else "mp4"
    return "mov" if box in _QUICKTIME else None


def _is_mpeg_frame(first: bytes) -> bool:
    """Eleven bits set, then a version and a layer that exist: an MP3 without a tag before it."""
    if len(first) < 4 or first[0] != 0xFF or first[1] & 0xE0 != 0xE0:
        return False
    version, layer, rate = first[1] >> 3 & 3, first[1] >> 1 & 3, first[2] >> 4
    return version != 1 and layer == 1 and rate not in (0, 15)
