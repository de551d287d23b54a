"""A result as an Airtable record: what its files are called, and which of them are sent at all."""

from dataclasses import replace

import pytest

from connectors.airtable.record import files
from relay.models.core import Output
from tests.connectors.contract import VIDEO


@pytest.mark.parametrize(
    ("output", "name"),
    [
        (Output("https://x.example/a.mp4"), "vgen_abc123.mp4"),
        (Output("https://x.example/a.mp4?sig=1.2&name=b.png"), "vgen_abc123.mp4"),
        (Output("https://x.example/a.mp4#t=5.0"), "vgen_abc123.mp4"),
        (Output("https://x.example/a?file=b.mp4", "video/mp4"), "vgen_abc123.mp4"),
        (Output("https://x.example/a", "image/png; charset=binary"), "vgen_abc123.png"),
        (Output("https://x.example/a.webp", "image/png"), "vgen_abc123.webp"),
        (Output("https://x.example/v1.2/a", "audio/mpeg"), "vgen_abc123.mp3"),
        (Output("https://x.example/a.superlong", "video/mp4"), "vgen_abc123.mp4"),
        (Output("https://x.example/a", "no/such-type"), "vgen_abc123"),
        (Output("https://x.example/a"), "vgen_abc123"),
        (Output("https://x.example/a.png", archived_url="https://y.example/1/b.mp4"), "vgen_abc123.mp4"),
    ],
)
def test_a_file_is_named_by_its_id_and_what_it_is(output: Output, name: str) -> None:
    (made,) = files(replace(VIDEO, outputs=(output,)))
    assert made == {"url": output.link, "filename": name}


@pytest.mark.parametrize(
    ("generation_id", "name"),
    [
        ("../../etc/passwd", ".._.._etc_passwd.mp4"),
        ("a/b\\c:d", "a_b_c_d.mp4"),
        ("\u9676\u5668 1", "___1.mp4"),
        ("v" * 300, "v" * 100 + ".mp4"),
        ("", ".mp4"),
    ],
)
def test_an_odd_id_makes_a_harmless_name(generation_id: str, name: str) -> None:
    odd = replace(VIDEO, generation_id=generation_id, outputs=(Output("https://x.example/a.mp4"),))
    assert files(odd)[0]["filename"] == name


def test_several_files_are_numbered_without_those_that_cannot_be_fetched() -> None:
    links = ("https://x.example/a.png", "data:image/png;base64,AA", "https://[", "http://x.example/b.png")
    made = files(replace(VIDEO, outputs=tuple(map(Output, links))))
    assert made == [
        {"url": links[0], "filename": "vgen_abc123_1.png"},
        {"url": links[3], "filename": "vgen_abc123_2.png"},
    ]
