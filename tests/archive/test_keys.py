"""Keys lead to copies and to nothing else."""

from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.archive.keys import is_key, key, media_type

THEN = 1_772_000_000_000  # 2026-02-25 06:13:20 UTC


def test_a_key_says_when_what_and_which() -> None:
    assert key("vgen_1a2b", 2, THEN, "mp4") == "2026/02/vgen_1a2b-2.mp4"
    assert media_type("2026/02/vgen_1a2b-2.mp4") == "video/mp4"


@pytest.mark.slow
@given(st.text(max_size=200), st.integers(1, 9999), st.sampled_from(["mp4", "png", "wav"]))
def test_any_id_gives_a_plain_key_the_same_each_time(generation_id: str, number: int, ending: str) -> None:
    made = key(generation_id, number, THEN, ending)
    assert is_key(made)
    assert made == key(generation_id, number, THEN, ending)
    path = PurePosixPath(made)
    assert (len(path.parts), path.parts[:2]) == (3, ("2026", "02"))


@pytest.mark.parametrize("one", ["vgen_A", "../x", "a/b", "", "ü", "a" * 101, "\ud800", "."])
def test_ids_that_a_disk_might_confuse_have_keys_of_their_own(one: str) -> None:
    others = ["vgen_a", "x", "b", "u", "a" * 100, one.lower() + "x"]
    assert key(one, 1, THEN, "mp4") not in {key(other, 1, THEN, "mp4") for other in others}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026/02/../../../etc/passwd-1.mp4",
        "../2026/02/vgen-1.mp4",
        "/2026/02/vgen-1.mp4",
        "2026/02/vgen-1.mp4/",
        "2026/02/vgen-1.mp4\n",
        "2026/02/vgen-1.html",
        "2026/02/vgen-1.svg",
        "2026/02/vgen/1-1.mp4",
        "2026\\02\\vgen-1.mp4",
        "2026/02/vgen%2e-1.mp4",
        "٢٠٢٦/02/vgen-1.mp4",
        ".drafts/abc",
    ],
)
def test_nothing_else_is_a_key(text: str) -> None:
    assert not is_key(text)
