"""Routing rules compiled once for all apps of the tests. Werkzeug parses each rule of each app and compiles
two functions for it, most of what an app costs; what comes of it depends on the rule alone."""

from werkzeug.routing import Rule

_compile = Rule.compile
_compiled: dict[object, Rule] = {}


def share() -> None:
    Rule.compile = _compile_once  # type: ignore[method-assign, assignment]


def _compile_once(rule: Rule) -> None:
    settings = (rule.host, rule.subdomain, rule.merge_slashes, *sorted((rule.defaults or {}).items()))
    known = _compiled.get((rule.rule, *settings))
    if known is None:
        _compile(rule)
        _compiled[rule.rule, *settings] = rule
        return
    rule._parts, rule._trace, rule._converters = known._parts, known._trace, known._converters
    rule.arguments |= known.arguments
    rule._build = known._build.__func__.__get__(rule)  # type: ignore[attr-defined]
    rule._build_unknown = known._build_unknown.__func__.__get__(rule)  # type: ignore[attr-defined]
