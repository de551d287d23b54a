"""The links of the files that CreativeAI made, wherever they are in its answer and however spelled."""

import re
from collections.abc import Mapping
from typing import Any

from relay.models.core import Output

_TYPE_BY_ENDING = {
    "mp4": "video/mp4",
    "mov": "video/quicktime",
    "webm": "video/webm",
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "gif": "image/gif",
    "webp": "image/webp",
    "mp3": "audio/mpeg",
    "wav": "audio/wav",
}
_FIELDS = ("output_url", "data", "url", "outputs", "output")  # the first three are documented
_BLANKS = " \t\r\n\f\v\u00a0\u2028\u2029\u200b\u2060\ufeff"
_AROUND = _BLANKS + "\"'`\u201c\u201d<>[],;"  # no part of a link at its ends
_BEGINS = re.compile(r"(?<=[\s\"'])(?=https?://)", re.IGNORECASE)  # several in one text
_BREAKS = re.compile(r"[\t\r\n]")  # left out within a link, as browsers do
_SCHEME = re.compile(r"(https?):(?=//[^/?#])", re.IGNORECASE)


def read(payload: Mapping[str, Any]) -> tuple[Output, ...]:
    """Those of the first field that has any: a link, or a list of links or of objects with a `url` each."""
    for name in _FIELDS:
        links = [link for each in _candidates(payload.get(name)) if (link := _link(each))]
        if links:
            return tuple(Output(url=link, type=_type(link)) for link in dict.fromkeys(links))
    return ()


def _candidates(value: object) -> list[object]:
    listed = value if isinstance(value, list) else [value]
    links = [each.get("url") if isinstance(each, dict) else each for each in listed]
    return [part for each in links for part in (_BEGINS.split(each) if isinstance(each, str) else [each])]


def _link(value: object) -> str:
    """In the one spelling that everything after it expects; "" when it is no link."""
    text = _BREAKS.sub("", value.strip(_AROUND)) if isinstance(value, str) else ""
    text = f"https:{text}" if text.startswith("//") else text
    scheme = _SCHEME.match(text)
    return f"{scheme[1].lower()}:{text[scheme.end() :]}".replace(" ", "%20") if scheme else ""


def _type(link: str) -> str:
    path = link.partition("?")[0].partition("#")[0]
    return _TYPE_BY_ENDING.get(path.rpartition(".")[2].lower(), "")
