"""Routing rules compiled once for all apps of the tests. Werkzeug compiles a function for each rule of each
app, which is most of what an app costs; it depends on the parts of the rule alone."""

from collections.abc import Callable
from typing import Any

from werkzeug.routing import Rule


def share() -> None:
    Rule._compile_builder = _once(Rule._compile_builder)  # type: ignore[method-assign]


def _once(compile_builder: Callable[..., Any]) -> Callable[..., Any]:
    compiled: dict[object, Any] = {}

    def of_the_rule(rule: Rule, append_unknown: bool = True) -> Any:
        key = (append_unknown, *rule._trace, *sorted((rule.defaults or {}).items()))
        if key not in compiled:
            compiled[key] = compile_builder(rule, append_unknown)
        return compiled[key]

    return of_the_rule
