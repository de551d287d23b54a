"""Which media are ours after an attach whose answer was lost: those that carry the name of the file we sent.

A merchant adds pictures too, and their types and alternative texts say nothing of whose they are. What cannot
be told is not ours: one media too many can be seen and removed, one that is missing cannot.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from connectors.shopify.client import Api
from connectors.shopify.queries import FILE_NAMES

_SAYS_SOMETHING = re.compile(r"(?=.*[0-9]).{8,}")  # not image.png or 1.png, which anybody's file is called
_NAMESAKE = re.compile(
    r"_[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
)  # Shopify's end of a name that is taken
_UNSETTLED = ("UPLOADED", "PROCESSING")  # the names of images show only later


@dataclass(frozen=True, slots=True)
class Found:
    """`ids`: number of a file -> the media that it is. `unsettled`: of the others, some have no name yet."""

    ids: Mapping[str, str]
    unsettled: bool


def name_in(link: str) -> str:
    """The file's name in a link, without its ending; "" where that is none of its own."""
    name = _stem(link)
    return name if _SAYS_SOMETHING.fullmatch(name) else ""


def find(api: Api, media: Sequence[str], names: Mapping[str, str], now: int) -> Found:
    """`media` are the ids of what is new on the product, `names` those of the files by number, or ""."""
    nodes = [node for node in api.call(FILE_NAMES, {"ids": list(media)}, now)[FILE_NAMES.root] or () if node]
    found: dict[str, str] = {}
    for number, name in names.items():
        ours = (node["id"] for node in nodes if node["id"] not in found.values() and _is_called(node, name))
        if match := next(ours, None):
            found[number] = str(match)
    others = [node for node in nodes if node["id"] not in found.values()]
    return Found(found, any(node.get("status") in _UNSETTLED for node in others))


def _is_called(node: Mapping[str, Any], name: str) -> bool:
    return bool(name) and any(
        each.startswith(name) and (each == name or _NAMESAKE.fullmatch(each[len(name) :]))
        for each in _names(node)
    )


def _names(node: Mapping[str, Any]) -> Iterator[str]:
    for shown in ("image", "original", "originalSource"):
        yield _stem(str((node.get(shown) or {}).get("url") or ""))
    yield _stem(str(node.get("filename") or ""))


def _stem(link: str) -> str:
    try:
        return PurePosixPath(unquote(urlsplit(link).path)).stem
    except ValueError:
        return ""
