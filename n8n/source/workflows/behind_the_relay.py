"""Template 8: the relay queues and retries; n8n creates jobs and receives signed deliveries."""

from n8n.source import arrival, destinations, limits, nodes, relay
from n8n.source.flow import Flow
from n8n.source.sorting import WHAT, sort

START = "relay-product-video"
DELIVERED = "relay-delivery"
PRODUCT = "$('Settings').first().json"


def made() -> Flow:
    flow = Flow("behind-the-relay", "caiBehindRelay08", "Create product videos through CreativeAI Relay")
    complete = arrival.product(flow, 2, 0, START, {"prompt": "$json.body.prompt"})
    delivered = relay.guard(flow, 0, 2, DELIVERED)
    settings = (
        nodes.text("relay_url", "https://relay.example.com"),
        nodes.text("airtable_base", "appYourBaseId"),
        nodes.text("airtable_table", "Videos"),
        nodes.text("slack_channel", "C0YOURCHANNEL"),
        nodes.text("usual_prompt", "Slow camera push in on the product, natural motion, soft studio light"),
    )
    ways = {"New": "new", "Completed": "completed", "Failed": "failed"}
    sort(flow, 7, 1, (complete, delivered), settings=settings, ways=ways)
    _start(flow)
    _end(flow)
    limits.waited_out(flow, 11, 4, {each: each for each in ("Save the job ID", "Post to Slack")})
    return flow


def _start(flow: Flow) -> None:
    body = (
        f"{{ kind: 'image-to-video', input: {{ image_url: {PRODUCT}.image_url, prompt: {PRODUCT}.prompt || "
        f"{PRODUCT}.usual_prompt }}, context: {{ sku: {PRODUCT}.sku, title: {PRODUCT}.title }} }}"
    )
    submitted = flow.put(9, 0, relay.create_job("Create the job", body, caller=flow.slug), after=WHAT)
    flow.note(
        "### 1. Create the job\nThe relay queues it and sends it when CreativeAI's limits allow.", (9, 0)
    )
    job = "$('Create the job').first().json.id"
    kept = {
        "SKU": f"={{{{ {PRODUCT}.sku }}}}",
        "Title": f"={{{{ {PRODUCT}.title }}}}",
        "Job ID": f"={{{{ {job} }}}}",
    }
    said = f"={{{{ JSON.stringify({{ sku: {PRODUCT}.sku, job: {job} }}) }}}}"
    responded = flow.put(10, 0, nodes.respond("Respond 202", 202, said), after=submitted)
    turn = flow.put(11, 0, nodes.wait("Wait for this run's turn", limits.OWN_TURN), after=responded)
    flow.put(12, 0, destinations.airtable("Save the job ID", kept), after=turn)
    flow.note(
        "### Accepted\nThe relay has the job. Each run saves in its own second. If Airtable stays busy, the "
        "result creates the record.",
        (10, 0),
        (12, 0),
    )
    why = "={{ JSON.stringify({ error: $json.error.message ?? 'The relay did not accept the job.' }) }}"
    flow.put(10, 1, nodes.respond("Respond 502", 502, why), after=submitted, output=1)
    flow.note("### Rejected, or relay down\nWith the relay's message.", (10, 1))


def _end(flow: Flow) -> None:
    """Saved first, then responded to: the relay retries what is not saved."""
    result = {
        "SKU": "={{ $json.sku || $json.id }}",
        "Generation ID": "={{ $json.id }}",
        "Status": "={{ $json.status === 'completed' ? 'Completed' : 'Failed' }}",
        "Video": "={{ $json.link }}",
        "Error": "={{ $json.reason }}",
    }
    # The relay delivers four at once, and waits 30 s for a response.
    apart = flow.put(9, 2, nodes.step_aside("Stagger deliveries", 1, 4), after=WHAT, output=1)
    flow.line(WHAT, apart, output=2)
    saved = flow.put(10, 2, destinations.airtable("Save the result", result), after=apart)
    accepted = flow.put(11, 2, nodes.respond("Accept with 200", 200, '{ "accepted": true }'), after=saved)
    busy = (
        "={{ JSON.stringify({ error: 'Airtable did not save it: ' + "
        "($json.error?.description ?? $json.message ?? 'no response') }) }}"
    )
    status = f"={{{{ {limits.REFUSED} ? 429 : 503 }}}}"
    silence = {"Retry-After": f"={{{{ {limits.REFUSED} ? '{limits.SILENCE}' : '' }}}}"}
    refused = nodes.respond("Respond 429 or 503", status, busy, headers=silence)
    flow.put(11, 3, refused, after=saved, output=1)
    flow.note(
        "### Not saved\nThe relay delivers it again later. While Airtable refuses all, the relay holds the "
        "rest too.",
        (11, 3),
    )
    once = flow.put(12, 2, nodes.unseen("Drop duplicates", f"={{{{ {PRODUCT}.key }}}}"), after=accepted)
    text = (
        f"={{{{ {PRODUCT}.status === 'completed' ? 'Video ready' : 'Video failed' }}}} for "
        f"{{{{ {destinations.slack_text(f'{PRODUCT}.sku')} }}}}: "
        f"{{{{ {PRODUCT}.link || {destinations.slack_text(f'{PRODUCT}.reason')} }}}}"
    )
    flow.put(13, 2, destinations.slack("Post to Slack", text), after=once)
    flow.note(
        "### 2. The result\nSaved by its SKU, so that a repeat changes nothing; then confirmed to the relay; "
        "then posted once.",
        (9, 2),
        (13, 2),
    )
    flow.put(
        9, 3, nodes.respond("Accept the rest with 200", 200, '{ "accepted": true }'), after=WHAT, output=3
    )
    flow.note("### Tests and other events\nAccepted, not saved.", (9, 3))
