"""Images, answered at once: from a prompt, and edits of a picture with a mask."""

import struct
import zlib
from typing import Any

import pytest
import requests

from sandbox import Fault, Sandbox
from tests.sandbox.client import Client
from tests.sandbox.creativeai.requests import PROMPT

IMAGES = "/v1/images/generations"


def png(width: int, height: int) -> bytes:
    def chunk(name: bytes, content: bytes) -> bytes:
        rest = name + content
        return struct.pack(">I", len(content)) + rest + struct.pack(">I", zlib.crc32(rest))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress((b"\0" + b"\xff" * width) * height)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def jpeg(width: int, height: int) -> bytes:
    """Its beginning, with a comment before the frame."""
    frame = struct.pack(">BHHB", 8, height, width, 1) + b"\1\x11\0"
    comment = b"\xff\xfe" + struct.pack(">H", 6) + b"\xff\xc0ab"
    return b"\xff\xd8" + comment + b"\xff\xc0" + struct.pack(">H", len(frame) + 2) + frame


def edit(client: Client, files: dict[str, bytes], **fields: Any) -> requests.Response:
    parts = {name: (f"{name}.png", content) for name, content in files.items()}
    return client.call("POST", "/v1/images/edits", data=PROMPT | fields, files=parts)


def test_each_of_n_images_has_a_link_of_its_own_that_can_be_fetched(client: Client, sandbox: Sandbox) -> None:
    before = sandbox.credits
    body = client.post(IMAGES, **PROMPT, n=4).json()
    links = {each["url"] for each in body["data"]}
    assert len(links) == 4
    for link in links:
        assert requests.get(link, timeout=5).headers["Content-Type"] == "image/png"
    assert sandbox.credits == before - 12


def test_a_transparent_image_has_an_alpha_channel(client: Client) -> None:
    body = client.post(IMAGES, **PROMPT, background="transparent", n=2).json()
    for each in body["data"]:
        content = requests.get(each["url"], timeout=5).content
        assert content[25] == 6  # the colour type: red, green, blue and alpha
    plain = client.post(IMAGES, **PROMPT).json()["data"][0]["url"]
    assert requests.get(plain, timeout=5).content[25] != 6


def test_references_angle_and_style_are_taken_and_booked(client: Client, sandbox: Sandbox) -> None:
    job_input = PROMPT | {
        "size": "1792x1024",
        "character_references": ["https://example.com/a.png"] * 3,
        "camera_angle": "low-angle",
        "style_reference_url": "https://example.com/style.jpg",
    }
    assert client.post(IMAGES, **job_input).status_code == 200
    assert sandbox.jobs[-1].request == job_input


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("n", 5),
        ("size", "big"),
        ("background", "white"),
        ("quality", "best"),
        ("character_references", ["https://example.com/a.png"] * 4),
    ],
)
def test_a_wrong_parameter_is_named(client: Client, name: str, value: object) -> None:
    answer = client.post(IMAGES, **(PROMPT | {name: value}))
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, name)


@pytest.mark.parametrize("picture", [png(40, 30), jpeg(40, 30)])
def test_a_mask_of_the_images_dimensions_is_taken(client: Client, picture: bytes) -> None:
    answer = edit(
        client,
        {"image": picture, "mask": png(40, 30)},
        outpaint_direction="all",
        style_reference_url="https://example.com/style.jpg",
        size="1024x1024",
    )
    assert answer.status_code == 200, answer.text
    (item,) = answer.json()["data"]
    assert set(item) == {"url", "revised_prompt"}


@pytest.mark.parametrize(
    ("files", "param"),
    [
        ({}, "image"),
        ({"image": b"GIF89a"}, "image"),
        ({"image": b"\x89PNG\r\n\x1a\n"}, "image"),
        ({"image": jpeg(40, 30)[:6]}, "image"),
        ({"image": png(40, 30), "mask": jpeg(40, 30)}, "mask"),
        ({"image": jpeg(40, 30), "mask": png(30, 40)}, "mask"),
    ],
)
def test_a_picture_or_mask_that_does_not_fit_is_named(
    client: Client, sandbox: Sandbox, files: dict[str, bytes], param: str
) -> None:
    answer = edit(client, files)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)
    assert sandbox.jobs == []


def test_an_image_that_fails_costs_nothing_and_is_not_in_the_book(client: Client, sandbox: Sandbox) -> None:
    before = sandbox.credits
    sandbox.inject(Fault.FAILED)
    answer = client.post(IMAGES, **PROMPT)
    assert (answer.status_code, answer.json()["error"]["type"]) == (500, "server_error")
    assert (sandbox.credits, sandbox.jobs) == (before, [])
    assert client.post(IMAGES, **PROMPT).status_code == 200
