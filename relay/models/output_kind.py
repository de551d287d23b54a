"""Kinds of results: their names, labels and ID prefixes. Job kinds refer to them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Media = Literal["video", "image", "audio"]


@dataclass(frozen=True, slots=True)
class OutputKind:
    """`name` as results have it, `label` for pages, in the plural."""

    name: str
    label: str
    media: Media

    @property
    def noun(self) -> str:
        return "voice" if self.media == "audio" else self.media

    @property
    def icon(self) -> str:
        return self.noun


VIDEO = OutputKind("video", "Videos", "video")
IMAGE = OutputKind("image", "Images", "image")
VOICE = OutputKind("voice", "Voices", "audio")
COMPOSE = OutputKind("compose", "Videos with sound added", "video")
CHART = OutputKind("chart", "Chart videos", "video")

# For a webhook that does not name its kind. Job kinds state their ID prefixes themselves, and a test compares
# the two.
BY_ID_PREFIX: Mapping[str, OutputKind] = {
    "vgen": VIDEO,
    "vid": VIDEO,
    "img": IMAGE,
    "voice": VOICE,
    "comp": COMPOSE,
    "chart": CHART,
}
