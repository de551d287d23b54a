"""Files that go with an edit: what is wrong with them is said before anything is sent."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.creativeai import File
from relay.generation.kinds import kind
from relay.generation.kinds.image_size import Picture, measure

EDIT = kind("image-edit")


def png(width: int, height: int) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sIIBBBBB", 13, b"IHDR", width, height, 8, 6, 0, 0, 0)


def jpeg(width: int, height: int, frame: int = 0xC0) -> bytes:
    """With what cameras put first: an APP1 segment, and a fill byte before the frame."""
    size = struct.pack(">HBHHB", 17, 8, height, width, 3)
    return b"\xff\xd8\xff\xe1\x00\x06Exif\xff\xff" + bytes([frame]) + size + bytes(9)


def file(content: bytes, kind_: str = "image/png") -> File:
    return File("a", kind_, content)


def test_the_size_of_a_picture_is_found_in_its_first_bytes() -> None:
    assert measure(png(640, 480)) == Picture("image/png", 640, 480)
    for frame in (0xC0, 0xC1, 0xC2):
        assert measure(jpeg(640, 480, frame)) == Picture("image/jpeg", 640, 480)


@given(st.binary(max_size=60))
def test_any_bytes_are_a_picture_or_not(tail: bytes) -> None:
    for start in (b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0\x00\x00"):
        found = measure(start + tail)
        assert found is None or found.type in ("image/png", "image/jpeg")


def test_a_mask_of_the_images_size_is_fine() -> None:
    assert EDIT.faults({"image": file(png(64, 48)), "mask": file(png(64, 48))}) == {}
    assert EDIT.faults({"image": file(jpeg(64, 48), "image/jpeg"), "mask": file(png(64, 48))}) == {}
    assert EDIT.faults({"image": file(png(64, 48))}) == {}


def test_a_mask_of_another_size_is_refused_with_both_sizes() -> None:
    found = EDIT.faults({"image": file(png(64, 48)), "mask": file(png(48, 64))})
    assert found == {
        "mask": "The mask is 48 x 64 pixels and the image 64 x 48. Make the mask as large as the image."
    }


@pytest.mark.parametrize(
    ("files", "name", "words"),
    [
        ({}, "image", "choose a file"),
        ({"image": file(b"")}, "image", "choose a file"),
        ({"image": file(b"GIF89a", "image/gif")}, "image", "must be JPEG or PNG"),
        ({"image": file(b"\x89PNG, cut")}, "image", "damaged"),
        ({"image": file(jpeg(64, 48))}, "image", "its type does not match its name"),
        ({"image": file(png(64, 48) + bytes(21 * 1_048_576))}, "image", "larger than 20 MB"),
        ({"image": file(png(64, 48)), "mask": file(jpeg(64, 48), "image/jpeg")}, "mask", "must be PNG"),
        ({"image": file(png(64, 48)), "video": file(b"1")}, "video", "does not accept this file"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_wrong_file_is_named(files: dict[str, File], name: str, words: str) -> None:
    found = EDIT.faults(files)
    assert list(found) == [name]
    assert words in found[name]
    assert found[name].endswith(".")


def test_other_kinds_take_no_files() -> None:
    assert list(kind("voice").faults({"image": file(png(1, 1))})) == ["image"]
    assert kind("voice").faults({}) == {}
