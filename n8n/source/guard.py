"""The guard: a webhook whose signature is checked on the exact bytes, before anything else may happen.

Forged and unsigned calls get the same 401 and start nothing. An authentic call gets 200 at once, even
if it is a duplicate; only the first one of each key continues.
"""

from dataclasses import dataclass
from pathlib import Path

from n8n.source import nodes
from n8n.source.credentials import SHOPIFY_SIGNING, SIGNING, Credential
from n8n.source.flow import Flow

REFUSAL = '{ "error": "The signature is missing or wrong." }'
ACCEPTED = '{ "accepted": true }'
CODE = Path(__file__).parent / "code"
DROPPED = (
    "### Respond, then drop duplicates\nA duplicate gets 200 too, so that the calls stop. Simultaneous "
    "calls are staggered by their execution's number, so that n8n misses no duplicate."
)
REFUSED = "### 401\nAlways the same response."


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, and how it signs: HMAC-SHA256 over the raw body, in this encoding."""

    name: str
    listens: str
    secret: Credential
    encoding: str
    script: str
    suffix: str
    note: str


CREATIVEAI = Caller(
    "CreativeAI",
    "CreativeAI calls back",
    SIGNING,
    "hex",
    "verify.js",
    "",
    "CreativeAI calls up to three times, and only the first call of each ID and status continues.",
)
SHOPIFY = Caller(
    "Shopify",
    "Shopify sends a product",
    SHOPIFY_SIGNING,
    "base64",
    "verify_shopify.js",
    " (Shopify)",
    "Shopify may call several times; each product continues once.",
)


def script(name: str) -> str:
    """For a Code node; what several need stands before it."""
    return (CODE / "same.js").read_text() + "\n" + (CODE / name).read_text()


def guard(
    flow: Flow,
    column: int,
    row: int,
    path: str,
    caller: Caller = CREATIVEAI,
    *,
    once: bool = True,
    seconds: int = 1,
    spread: int = 7,
) -> str:
    """Eight nodes in seven columns from `column` on, the refusal one row below. The name of the last one.

    What leaves it after CreativeAI: id, status (completed, failed, other), link, links, reason, credits,
    query, body. `once` False: duplicates continue too; the workflow drops them by another key. `seconds` is
    the minimum time between the response and what follows, and up to `spread` more by the execution's number.
    """
    tail = caller.suffix
    last = flow.put(column, row, nodes.webhook(caller.listens, path, raw=True))
    for place, node in enumerate(
        (
            nodes.hmac(f"Compute the signature{tail}", caller.secret, "computed", encoding=caller.encoding),
            nodes.code(f"Check the signature{tail}", script(caller.script)),
            nodes.when(f"Authentic?{tail}", nodes.is_true("={{ $json.authentic }}")),
        ),
        1,
    ):
        last = flow.put(column + place, row, node, after=last)
    refusal = nodes.respond(f"Reject with 401{tail}", 401, REFUSAL)
    flow.put(column + 4, row + 1, refusal, after=last, output=1)
    last = flow.put(column + 4, row, nodes.respond(f"Accept with 200{tail}", 200, ACCEPTED), after=last)
    aside = nodes.step_aside(f"Stagger calls{tail}", seconds, spread)
    last = flow.put(column + 5, row, aside, after=last)
    if once:
        first = nodes.unseen(f"Drop duplicates{tail}", "={{ $json.key }}")
        last = flow.put(column + 6, row, first, after=last)
    flow.note(
        f"### Only {caller.name} can call\nThe signature is computed over the exact bytes that arrived and "
        f"compared "
        "in constant time. Forged or unsigned calls get 401 and nothing else happens. Authentic calls "
        "get 200 at "
        f"once. {caller.note}",
        (column, row),
        (column + 3, row),
    )
    flow.note(REFUSED, (column + 4, row + 1))
    flow.note(DROPPED, (column + 4, row), (column + 5 + once, row))
    return last
