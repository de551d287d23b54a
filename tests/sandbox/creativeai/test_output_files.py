"""The files behind the result links are whole, of their type, and can be read in parts."""

import pytest

from relay.sample_media import FILES, FOLDER
from tests.sandbox.client import Client

BEGINNINGS = {".mp4": (4, b"ftyp"), ".png": (0, b"\x89PNG\r\n"), ".mp3": (0, b"ID3")}


@pytest.mark.parametrize("suffix", FILES)
def test_a_file_has_its_type_and_length(client: Client, suffix: str) -> None:
    answer = client.call("GET", f"/output/vgen_1{suffix}", headers={})
    at, beginning = BEGINNINGS[suffix]
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == FILES[suffix][1]
    assert answer.headers["Content-Length"] == str(len(answer.content))
    assert answer.content == (FOLDER / FILES[suffix][0]).read_bytes()
    assert answer.content[at:].startswith(beginning)
    assert len(answer.content) < 100_000


def test_a_part_can_be_asked_for(client: Client) -> None:
    whole = (FOLDER / "sample.mp4").read_bytes()
    answer = client.call("GET", "/output/vgen_1.mp4", headers={"Range": "bytes=100-199"})
    assert answer.status_code == 206
    assert answer.headers["Content-Range"] == f"bytes 100-199/{len(whole)}"
    assert answer.content == whole[100:200]


def test_the_length_can_be_asked_for_alone(client: Client) -> None:
    answer = client.call("HEAD", "/output/vgen_1.mp3", headers={})
    assert answer.headers["Content-Length"] == str((FOLDER / "sample.mp3").stat().st_size)
    assert answer.content == b""
    assert client.call("HEAD", "/output/vgen_1.png", headers={}).status_code == 200


def test_a_known_file_is_not_sent_again(client: Client) -> None:
    tag = client.call("HEAD", "/output/vgen_1.png", headers={}).headers["ETag"]
    answer = client.call("GET", "/output/vgen_1.png", headers={"If-None-Match": tag})
    assert (answer.status_code, answer.content) == (304, b"")
    assert client.call("GET", "/output/vgen_1.png", headers={}).status_code == 200


@pytest.mark.parametrize("name", ["vgen_1.html", "vgen_1", "..%2Fmake.py"])
def test_there_are_no_other_files(client: Client, name: str) -> None:
    assert client.call("GET", f"/output/{name}", headers={}).status_code == 404
