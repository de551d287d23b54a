"""Files are told by their first bytes; what is not a picture, video or sound is not kept."""

import mimetypes

import pytest

from relay.files.media_types import FIRST_BYTES, TYPES, ending
from tests.files import samples as files


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (files.MP4, "mp4"),
        (files.QUICKTIME, "mov"),
        (files.OLD_QUICKTIME, "mov"),
        (files.WEBM, "webm"),
        (files.PNG, "png"),
        (files.JPEG, "jpg"),
        (files.GIF, "gif"),
        (files.WEBP, "webp"),
        (files.WAV, "wav"),
        (files.M4A, "m4a"),
        (files.MP3_TAGGED, "mp3"),
        (files.MP3_BARE, "mp3"),
    ],
)
def test_a_file_is_what_it_begins_with(content: bytes, expected: str) -> None:
    assert ending(content[:FIRST_BYTES]) == expected


@pytest.mark.parametrize(
    "content",
    [
        files.PAGE,
        files.JSON,
        files.SVG,
        files.HEIC,
        files.AAC,
        b"",
        b"\0",
        b"\xff\xfe\0\0",
        b"RIFF1234AVI ",
        b"%PDF-1",
    ],
)
def test_what_begins_like_no_known_medium_is_none(content: bytes) -> None:
    assert ending(content[:FIRST_BYTES]) is None


def test_each_ending_is_served_as_the_type_that_others_know_it_by() -> None:
    others = {
        "m4a": {"audio/mp4", "audio/mp4a-latm"},
        "wav": {"audio/x-wav", "audio/wav", "audio/vnd.wave"},
        "webp": {"image/webp", None},
    }
    for name, kind in TYPES.items():
        known = mimetypes.guess_type(f"x.{name}")[0]
        assert known in others.get(name, {kind})
        assert kind.partition("/")[0] in {"video", "image", "audio"}
