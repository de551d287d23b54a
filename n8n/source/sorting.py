"""Where all entry points meet: one node with the settings, and one that routes by status."""

from collections.abc import Mapping, Sequence
from typing import Any

from n8n.source import nodes
from n8n.source.flow import Flow

WHAT = "Which event?"


def sort(
    flow: Flow,
    column: int,
    row: int,
    sources: Sequence[str],
    *,
    settings: Sequence[Mapping[str, Any]],
    ways: Mapping[str, str],
) -> str:
    """Settings, then a switch by `status`: label to status, in order; the output after them is the rest.

    The name of the switch. The incoming fields are kept beside the settings.
    """
    set_ = flow.put(column, row, nodes.fields("Settings", *settings, keep=True))
    for each in sources:
        flow.line(each, set_)
    rules = {label: nodes.equals("={{ $json.status }}", status) for label, status in ways.items()}
    flow.note("### Settings\nEverything that you may want to change.", (column, row))
    flow.note("### Which event?\nAn unknown status is ignored.", (column + 1, row))
    return flow.put(column + 1, row, nodes.switch(WHAT, rules, "Anything else"), after=set_)


def ignored(flow: Flow, column: int, row: int, output: int) -> None:
    """Where the rest ends."""
    flow.put(column, row, nodes.nothing("Nothing to do"), after=WHAT, output=output)
    flow.note("### Ignored", (column, row))
