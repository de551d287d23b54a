"""JSON that is written as text around expressions: whether it stays JSON whatever they give."""

import json
from collections.abc import Iterator

from tests.templates.make_checker.expressions import JSON_SAFE, Expression, expressions, parse
from tests.templates.make_checker.flow import RESPOND, Node, Problem, modules_in


def bodies(nodes: list[Node]) -> Iterator[Problem]:
    names = {n.module.get("id"): n.name for n in nodes if isinstance(n.module.get("id"), int)}
    for node in nodes:
        for path, text in json_bodies(node):
            broken, quoted = json_template(text)
            if broken:
                yield Problem("json-body", path, f"not valid JSON around the expressions: {broken}")
            for source, parsed in quoted:
                if any(names.get(n) == "json:TransformToJSON" for n in parsed.references):
                    yield Problem("json-body", path, f"{source} is JSON already: no quotes around it")
                elif parsed.references and not set(parsed.functions) & JSON_SAFE:
                    yield Problem(
                        "json-body",
                        path,
                        f"{source} stands unescaped between quotes; a quote in it breaks the body",
                    )


def json_template(text: str) -> tuple[str | None, list[tuple[str, Expression]]]:
    """(parse error or None, the expressions that stand between quotes)."""
    spans = [span for span in expressions(text) if span[2] is not None]
    if len(spans) == 1 and text.strip() == text[spans[0][0] : spans[0][1]]:
        return None, []
    quoted: list[tuple[str, Expression]] = []
    plain, position, inside = "", 0, False
    for start, end, source in [*spans, (len(text), len(text), None)]:
        piece = text[position:start]
        skip = False
        for char in piece:
            if skip:
                skip = False
            elif char == "\\":
                skip = inside
            elif char == '"':
                inside = not inside
        plain += piece
        if source is not None:
            plain += "0"
            if inside:
                quoted.append((text[start:end], parse(source)))
        position = end
    try:
        json.loads(plain)
    except ValueError as error:
        return str(error), quoted
    return None, quoted


def json_bodies(node: Node) -> Iterator[tuple[str, str]]:
    mapper = node.module.get("mapper")
    if not isinstance(mapper, dict):
        return
    where = f"{node.path}.mapper"
    if node.name == "http:MakeRequest" and isinstance(mapper.get("jsonStringBodyContent"), str):
        yield f"{where}.jsonStringBodyContent", mapper["jsonStringBodyContent"]
    if (
        node.name.startswith("http:ActionSendData")
        and mapper.get("contentType") == "application/json"
        and isinstance(mapper.get("data"), str)
    ):
        yield f"{where}.data", mapper["data"]
    if node.name == RESPOND and isinstance(mapper.get("body"), str):
        kinds = [
            h.get("value", "")
            for h in modules_in(mapper.get("headers"))
            if str(h.get("key", "")).lower() == "content-type"
        ]
        if any("json" in str(k) for k in kinds):
            yield f"{where}.body", mapper["body"]
