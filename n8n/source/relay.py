"""CreativeAI Relay: its API, and the guard for what it delivers, signed the Standard Webhooks way.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from n8n.source import nodes, requests
from n8n.source.credentials import RELAY, RELAY_SIGNING
from n8n.source.flow import Flow, Node
from n8n.source.guard import REFUSAL, REFUSED, script

_ADDRESS = "{{ $('Settings').first().json.relay_url.replace(/\\/+$/, '') }}"


def create_job(name: str, body: str, *, caller: str) -> Node:
    """The key makes retries safe, and starts of the same product within an hour one job.

    Output 1: the relay rejected it, or is down.
    """
    same = "[$json.sku, $json.title, $json.image_url, $json.prompt, $now.toFormat('yyyyMMddHH')]"
    return requests.request(
        name,
        "POST",
        f"={_ADDRESS}/api/jobs",
        credential=RELAY,
        body=requests.json_body(body),
        headers=(
            {"name": "Idempotency-Key", "value": f"=n8n-{{{{ {same}.join('|').hash('sha256') }}}}"},
            _named(caller),
        ),
        settings={**nodes.RETRIED, "onError": "continueErrorOutput"},
    )


def failed(name: str, *, caller: str) -> Node:
    return requests.request(
        name,
        "GET",
        f"={_ADDRESS}/api/deliveries?status=failed&limit=100",
        credential=RELAY,
        headers=(_named(caller),),
    )


def _named(caller: str) -> dict[str, str]:
    """The header by which the relay's page of the template sees its first call."""
    return {"name": "Relay-Template", "value": f"n8n/{caller}"}


def guard(flow: Flow, column: int, row: int, path: str) -> str:
    """Five nodes and the rejection. The call is accepted later, when the result is saved."""
    signed = (
        "={{ $('The relay delivers').first().json.headers['webhook-id'] + '.' + "
        "$('The relay delivers').first().json.headers['webhook-timestamp'] + '.' + $json.raw }}"
    )
    last = flow.put(column, row, nodes.webhook("The relay delivers", path, raw=True))
    for place, node in enumerate(
        (
            nodes.text_of("Read the exact text", "raw"),
            nodes.hmac("Compute the signature", RELAY_SIGNING, "computed", of=signed, encoding="base64"),
            nodes.code("Check the signature", script("verify_relay.js")),
            nodes.when("Authentic?", nodes.is_true("={{ $json.authentic }}")),
        ),
        1,
    ):
        last = flow.put(column + place, row, node, after=last)
    flow.put(column + 5, row + 1, nodes.respond("Reject with 401", 401, REFUSAL), after=last, output=1)
    flow.note(
        "### Only the relay can call\nThe relay signs ID, time and text. The signature is computed over the "
        "exact text that arrived and compared in constant time; calls older than five minutes are rejected "
        "too. Rejected calls get 401 and nothing else happens.",
        (column, row),
        (column + 4, row),
    )
    flow.note(REFUSED, (column + 5, row + 1))
    return last
