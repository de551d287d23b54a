"""Template 7: the guard alone, as a building block, once with a Code node and once without."""

from n8n.source import nodes
from n8n.source.flow import Flow
from n8n.source.guard import guard
from n8n.source.guard_without_code import guard_without_code


def made() -> Flow:
    flow = Flow("signature-guard", "caiSignatureGrd7", "Verify the signature of CreativeAI webhooks")
    _outcomes(flow, 7, 0, guard(flow, 0, 0, "creativeai-guard"), "")
    bare = guard_without_code(flow, 0, 3, "creativeai-guard-no-code")
    _outcomes(flow, 9, 3, bare, " (no code)")
    return flow


def _outcomes(flow: Flow, column: int, row: int, after: str, suffix: str) -> None:
    ways = {
        "Completed": nodes.equals("={{ $json.status }}", "completed"),
        "Failed": nodes.equals("={{ $json.status }}", "failed"),
    }
    what = nodes.switch(f"Which status?{suffix}", ways, "Anything else")
    ended = flow.put(column, row, what, after=after)
    for place, (name, note) in enumerate(
        {
            "Your steps: completed": "### Your steps\n`link` is the file.",
            "Your steps: failed": "### Your steps\n`reason` says why.",
            "Nothing to do": "### Ignored",
        }.items()
    ):
        flow.put(column + 1, row - 1 + place, nodes.nothing(f"{name}{suffix}"), after=ended, output=place)
        flow.note(note, (column + 1, row - 1 + place))
    flow.note("### By outcome\nAn unknown status ends at *Nothing to do*.", (column, row))
