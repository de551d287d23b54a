"""Checks of request parameters: each rule says what is wrong with a value, or nothing."""

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any
from urllib.parse import urlsplit

from sandbox.errors import invalid

Rule = Callable[[object], str]


def check(body: object, rules: Mapping[str, Rule], required: Collection[str]) -> dict[str, Any]:
    """The body, if it is a JSON object that keeps the rules; nulls are dropped, unknown fields stay."""
    if not isinstance(body, dict):
        raise invalid("The request body must be a JSON object.")
    given = {name: value for name, value in body.items() if value is not None}
    for name in required:
        if name not in given:
            raise invalid(f"Missing required parameter: '{name}'.", name)
    for name, rule in rules.items():
        if name in given and (complaint := rule(given[name])):
            raise invalid(f"Invalid '{name}': {complaint}.", name)
    return given


def text(value: object) -> str:
    return "" if isinstance(value, str) and value.strip() else "must be a text that is not empty"


def flag(value: object) -> str:
    return "" if isinstance(value, bool) else "must be true or false"


def address(value: object) -> str:
    """An http address too: on this machine there is no other."""
    try:
        parts = urlsplit(value) if isinstance(value, str) else None
    except ValueError:
        parts = None
    fine = parts is not None and parts.scheme in ("http", "https") and parts.hostname
    return "" if fine else "must be an http or https URL"


def matching(pattern: str, example: str) -> Rule:
    def rule(value: object) -> str:
        fine = isinstance(value, str) and re.fullmatch(pattern, value)
        return "" if fine else f"must look like {example}"

    return rule


def one_of(*words: str) -> Rule:
    return lambda value: "" if value in words else f"must be one of {', '.join(words)}"


def whole_number(minimum: int, maximum: int) -> Rule:
    def rule(value: object) -> str:
        fine = isinstance(value, int) and not isinstance(value, bool) and minimum <= value <= maximum
        return "" if fine else f"must be an integer from {minimum} to {maximum}"

    return rule


def number(minimum: float, maximum: float) -> Rule:
    def rule(value: object) -> str:
        fine = isinstance(value, int | float) and not isinstance(value, bool) and minimum <= value <= maximum
        return "" if fine else f"must be a number from {minimum} to {maximum}"

    return rule


def text_of(maximum: int) -> Rule:
    def rule(value: object) -> str:
        fine = isinstance(value, str) and value.strip() and len(value) <= maximum
        return "" if fine else f"must be a text of 1 to {maximum} characters"

    return rule


def mapping(value: object) -> str:
    return "" if isinstance(value, dict) else "must be a JSON object"


def list_of(rule: Rule, maximum: int) -> Rule:
    def rule_of_list(value: object) -> str:
        fine = isinstance(value, list) and len(value) <= maximum and not any(rule(item) for item in value)
        return "" if fine else f"must be a list of at most {maximum}, each of which {rule(None)}"

    return rule_of_list
