"""Whether each expression refers to a module that ran before, and says what Make knows."""

import re
from collections.abc import Iterator

from tests.templates.make_checker.expressions import FUNCTIONS, NAMES, expressions, parse
from tests.templates.make_checker.flow import AGGREGATORS, MERGE, Node, Problem, evaluated


def references(nodes: list[Node]) -> Iterator[Problem]:  # noqa: PLR0912 - a rule each
    ids = {n.module.get("id") for n in nodes if isinstance(n.module.get("id"), int)}
    for position, node in enumerate(nodes):
        visible = set(node.visible)
        if node.name == MERGE:  # may read the last modules of the branches it joins
            prefix = re.sub(r"\[(\d+)\]$", lambda m: f"[{int(m[1]) - 1}].branches[", node.path)
            visible |= {
                n.module["id"]
                for n in nodes[:position]
                if n.path.startswith(prefix) and isinstance(n.module.get("id"), int)
            }
        for path, text in evaluated(node):
            for _, _, source in expressions(text):
                if source is None:
                    yield Problem("expression", path, "{{ without }}")
                    continue
                parsed = parse(source)
                for number in parsed.references:
                    if number not in ids:
                        yield Problem(
                            "reference", path, f"module {number} does not exist: {{{{{source[:80]}}}}}"
                        )
                    elif number not in visible:
                        yield Problem(
                            "reference",
                            path,
                            f"module {number} does not run before this one: {{{{{source[:80]}}}}}",
                        )
                    elif number in node.hidden and node.name not in AGGREGATORS:
                        yield Problem("reference", path, f"module {number} is {node.hidden[number]}")
                for complaint in parsed.complaints:
                    yield Problem("expression", path, f"{complaint}: {{{{{source[:80]}}}}}")
                for function in parsed.functions:
                    if function not in FUNCTIONS:
                        yield Problem("expression", path, f"unknown function {function}()")
                for name in parsed.names:
                    if name not in NAMES:
                        yield Problem(
                            "expression", path, f"unknown name {name} (text goes in straight quotes)"
                        )
