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
    report, error = _others(flow)
    settings = (
        nodes.text("relay_url", "https://relay.example.com"),
        nodes.text("airtable_base", "appYourBaseId"),
        nodes.text("airtable_table", "Videos"),
        nodes.text("slack_channel", "C0YOURCHANNEL"),
        nodes.text("usual_prompt", "Slow camera push in on the product, natural motion, soft studio light"),
    )
    ways = {"New": "new", "Completed": "completed", "Failed": "failed", "Report": "report", "Error": "error"}
    sort(flow, 7, 1, (complete, delivered, report, error), settings=settings, ways=ways)
    _start(flow)
    _end(flow)
    _tell(flow)
    messages = ("Post to Slack", "Report", "Post the error")
    limits.waited_out(flow, 11, 4, {each: each for each in messages})
    return flow


def _others(flow: Flow) -> tuple[str, str]:
    """Two more beginnings: every morning, and when a workflow fails."""
    morning = flow.put(2, 4, nodes.every("Every morning", triggerAtHour=8))
    report = flow.put(5, 4, nodes.fields("Request a report", nodes.text("status", "report")), after=morning)
    flow.line(flow.put(2, 5, nodes.by_hand("Report now")), report)
    flow.note("### 3. The report\nEvery morning, or by hand.", (2, 4), (5, 5))
    wrong = flow.put(2, 6, nodes.on_error("A workflow failed"))
    read = nodes.fields(
        "Read the error",
        nodes.text("status", "error"),
        nodes.text("workflow_name", "={{ $json.workflow?.name ?? '' }}"),
        nodes.text("step", "={{ $json.execution?.lastNodeExecuted ?? '' }}"),
        nodes.text(
            "message", "={{ $json.execution?.error?.message ?? $json.trigger?.error?.message ?? '' }}"
        ),
        nodes.text("where", "={{ $json.execution?.url ?? '' }}"),
    )
    error = flow.put(5, 6, read, after=wrong)
    flow.note("### 4. Errors\nOf this workflow, and of all that use it as error workflow.", (2, 6), (5, 6))
    return report, error


def _start(flow: Flow) -> None:
    body = (
        f"{{ kind: 'image-to-video', input: {{ image_url: {PRODUCT}.image_url, prompt: {PRODUCT}.prompt || "
        f"{PRODUCT}.usual_prompt }}, context: {{ sku: {PRODUCT}.sku, title: {PRODUCT}.title }} }}"
    )
    submitted = flow.put(9, 0, relay.create_job("Create the job", body), after=WHAT)
    flow.note(
        "### 1. Create the job\nThe relay queues it and sends it when CreativeAI's limits allow.", (9, 0)
    )
    kept = {
        "SKU": f"={{{{ {PRODUCT}.sku }}}}",
        "Title": f"={{{{ {PRODUCT}.title }}}}",
        "Job ID": "={{ $json.id }}",
    }
    noted = flow.put(10, 0, destinations.airtable("Save the job ID", kept), after=submitted)
    job = "$('Create the job').first().json.id"
    said = f"={{{{ JSON.stringify({{ sku: {PRODUCT}.sku, job: {job} }}) }}}}"
    responded = flow.put(11, 0, nodes.respond("Respond 202", 202, said), after=noted)
    flow.line(noted, responded, output=1)
    flow.note(
        "### Accepted\nThe relay has the job. If Airtable is busy, the result creates the record.",
        (10, 0),
        (11, 0),
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
    saved = flow.put(9, 2, destinations.airtable("Save the result", result), after=WHAT, output=1)
    flow.line(WHAT, saved, output=2)
    accepted = flow.put(10, 2, nodes.respond("Accept with 200", 200, '{ "accepted": true }'), after=saved)
    busy = (
        "={{ JSON.stringify({ error: 'Airtable did not save it: ' + "
        "($json.error?.description ?? $json.message ?? 'no response') }) }}"
    )
    flow.put(10, 3, nodes.respond("Respond 503", 503, busy), after=saved, output=1)
    flow.note("### Not saved\nThe relay delivers it again later.", (10, 3))
    once = flow.put(11, 2, nodes.unseen("Drop duplicates", f"={{{{ {PRODUCT}.key }}}}"), after=accepted)
    text = (
        f"={{{{ {PRODUCT}.status === 'completed' ? 'Video ready' : 'Video failed' }}}} for "
        f"{{{{ {destinations.slack_text(f'{PRODUCT}.sku')} }}}}: "
        f"{{{{ {PRODUCT}.link || {destinations.slack_text(f'{PRODUCT}.reason')} }}}}"
    )
    flow.put(12, 2, destinations.slack("Post to Slack", text), after=once)
    flow.note(
        "### 2. The result\nSaved by its SKU, so that a repeat changes nothing; then confirmed to the relay; "
        "then posted once.",
        (9, 2),
        (12, 2),
    )
    flow.put(
        9, 3, nodes.respond("Accept the rest with 200", 200, '{ "accepted": true }'), after=WHAT, output=5
    )
    flow.note("### Tests and other events\nAccepted, not saved.", (9, 3))


def _tell(flow: Flow) -> None:
    submitted = flow.put(9, 4, relay.failed("Get failed deliveries"), after=WHAT, output=3)
    items = "$('Get failed deliveries').first().json.items"
    some = f"{items}.length"
    listed = (
        f"{items}.slice(0, 20).map((each) => '• ' + each.connection + ', ' + each.generation_id + ': ' + "
        f"{destinations.slack_text('each.status_reason')}).join('\\n')"
    )
    summary = f"'Failed deliveries: ' + {some} + '\\n' + {listed}"
    text = f"={{{{ {some} ? {summary} : 'No delivery has failed.' }}}}"
    flow.put(10, 4, destinations.slack("Report", text), after=submitted)
    flow.note("### The report", (9, 4), (10, 4))
    name, step, message = (
        destinations.slack_text(f"{PRODUCT}.{each}") for each in ("workflow_name", "step", "message")
    )
    text = (
        f"={{{{ 'A workflow failed: ' + {name} + ', at ' + {step} + ': ' + {message} + ' ' + "
        f"{PRODUCT}.where }}}}"
    )
    flow.put(9, 6, destinations.slack("Post the error", text), after=WHAT, output=4)
    flow.note("### The error", (9, 6))
