"""The `fields` parameter of Google's APIs: the wanted parts of an answer, as in sheets.properties(title).

https://developers.google.com/workspace/sheets/api/guides/field-masks
"""

import re
from typing import Any

from sandbox.sheets.errors import GoogleError

Mask = dict[str, "Mask"]
_TOKEN = re.compile(r"[A-Za-z_*][A-Za-z0-9_]*|[.,/()]")


def parse(text: str) -> Mask:
    tokens = _TOKEN.findall(text)
    if "".join(tokens) != text.replace(" ", ""):
        raise _invalid(text)
    mask, rest = _list(tokens, text)
    if rest:
        raise _invalid(text)
    return mask


def apply(mask: Mask, value: Any) -> Any:
    """The wanted parts; an empty mask, or `*`, wants all."""
    if not mask or "*" in mask:
        return value
    if isinstance(value, list):
        return [apply(mask, each) for each in value]
    if isinstance(value, dict):
        return {name: apply(inner, value[name]) for name, inner in mask.items() if name in value}
    return value


def _list(tokens: list[str], text: str) -> tuple[Mask, list[str]]:
    mask: Mask = {}
    while True:
        name, inner, tokens = _item(tokens, text)
        mask.setdefault(name, {}).update(inner)
        if not tokens or tokens[0] != ",":
            return mask, tokens
        tokens = tokens[1:]


def _item(tokens: list[str], text: str) -> tuple[str, Mask, list[str]]:
    if not tokens or tokens[0] in ".,/()":
        raise _invalid(text)
    name, tokens = tokens[0], tokens[1:]
    if tokens and tokens[0] in "./":
        inner_name, inner, tokens = _item(tokens[1:], text)
        return name, {inner_name: inner}, tokens
    if tokens and tokens[0] == "(":
        mask, tokens = _list(tokens[1:], text)
        if not tokens or tokens[0] != ")":
            raise _invalid(text)
        return name, mask, tokens[1:]
    return name, {}, tokens


def _invalid(text: str) -> GoogleError:
    return GoogleError(400, f"Request contains an invalid argument: invalid field selection {text}")
