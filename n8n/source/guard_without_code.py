"""The guard by standard nodes alone: both sides are hashed once more, so that comparing leaks nothing."""

from n8n.source import nodes
from n8n.source.credentials import SIGNING
from n8n.source.flow import Flow
from n8n.source.guard import ACCEPTED, DROPPED, REFUSAL, REFUSED

_BODY = "(typeof $json.body === 'string' ? JSON.parse($json.body) : $json.body)"
_STATUS = (
    "({ complete: 'completed', completed: 'completed', succeeded: 'completed', failed: 'failed', "
    f"error: 'failed' }})[String({_BODY}.status).toLowerCase()] ?? 'other'"
)
_ID = f"({_BODY}.id ?? {_BODY}.batch_id)"
_READ = (
    nodes.text("key", f"={{{{ {_ID} + ':' + ({_STATUS}) }}}}"),
    nodes.text("id", f"={{{{ {_ID} }}}}"),
    nodes.text("status", f"={{{{ {_STATUS} }}}}"),
    nodes.text("link", f"={{{{ {_BODY}.output_url ?? {_BODY}.data?.[0]?.url ?? '' }}}}"),
    nodes.text("reason", f"={{{{ {_BODY}.error?.message ?? {_BODY}.error_message ?? '' }}}}"),
)


def guard_without_code(flow: Flow, column: int, row: int, path: str) -> str:
    """Ten nodes in nine columns; the refusal stands one row below. The name of the last one."""
    given = "={{ $json.headers['x-creativeai-signature'] || 'none' }}"
    last = flow.put(column, row, nodes.webhook("CreativeAI calls back (no code)", path, raw=True))
    for place, node in enumerate(
        (
            nodes.hmac("Compute the signature (no code)", SIGNING, "computed"),
            nodes.hmac(
                "Hash the computed signature", SIGNING, "computed", of="={{ 'sha256=' + $json.computed }}"
            ),
            nodes.hmac("Hash the given signature", SIGNING, "given", of=given),
            nodes.when("Authentic? (no code)", nodes.equals("={{ $json.computed }}", "={{ $json.given }}")),
        ),
        1,
    ):
        last = flow.put(column + place, row, node, after=last)
    flow.put(
        column + 5, row + 1, nodes.respond("Reject with 401 (no code)", 401, REFUSAL), after=last, output=1
    )
    for place, node in enumerate(
        (
            nodes.respond("Accept with 200 (no code)", 200, ACCEPTED),
            nodes.fields("Read the result", *_READ),
            nodes.step_aside("Stagger calls (no code)", 1),
            nodes.unseen("Drop duplicates (no code)", "={{ $json.key }}"),
        ),
        5,
    ):
        last = flow.put(column + place, row, node, after=last)
    flow.note(
        "### The same without code\nThe computed and the given signature are both hashed once more with the "
        "secret. Comparing these hashes leaks nothing, so a plain If node is safe.",
        (column, row),
        (column + 4, row),
    )
    flow.note(REFUSED, (column + 5, row + 1))
    flow.note(DROPPED, (column + 5, row), (column + 8, row))
    return last
