"""The webhook by which other tools start a workflow: with a key; incomplete calls are rejected."""

from collections.abc import Mapping

from n8n.source import nodes
from n8n.source.credentials import START
from n8n.source.flow import Flow

LINK = r"/^https?:\/\//"
PLAIN = "['string', 'number']"  # a list or an object would be saved as [object Object]


def product(flow: Flow, column: int, row: int, path: str, more: Mapping[str, str]) -> str:
    """Four nodes; the response to an incomplete call is a row below. Output 0 of the last node: complete.

    A product has sku, title, image_url and the fields of `more`, each a text; its status is "new".
    """
    arrives = flow.put(column, row, nodes.webhook("A product arrives", path, key=START))
    texts = {
        "sku": "$json.body?.sku",
        "title": "$json.body?.title ?? $json.body?.sku",
        "image_url": "$json.body?.image_url",
    } | dict(more)
    sent = ", ".join(texts.values())
    read = nodes.fields(
        "Read the product",
        nodes.text("status", "new"),
        *(nodes.text(name, f"={{{{ String({each} ?? '').trim() }}}}") for name, each in texts.items()),
        nodes.flag("texts", f"={{{{ [{sent}].every((each) => {PLAIN}.includes(typeof (each ?? ''))) }}}}"),
    )
    known = flow.put(column + 1, row, read, after=arrives)
    there = f"={{{{ $json.texts && $json.sku !== '' && {LINK}.test($json.image_url) }}}}"
    complete = flow.put(column + 2, row, nodes.when("Complete?", nodes.is_true(there)), after=known)
    wrong = nodes.respond(
        "Respond 422",
        422,
        '{ "error": "Send sku and image_url (http or https) as JSON, each field a text. '
        'Nothing was started." }',
    )
    flow.put(column + 3, row + 1, wrong, after=complete, output=1)
    flow.note(
        "### 1. A product arrives\nBy POST, with the right X-Start-Key. `sku` and `image_url` are required.",
        (column, row),
        (column + 2, row),
    )
    flow.note("### Incomplete\nNothing is started.", (column + 3, row + 1))
    return complete
