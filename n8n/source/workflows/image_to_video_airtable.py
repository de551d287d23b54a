"""Template 1: a product's image becomes a video, and Airtable shows its status at every moment."""

from n8n.source import arrival, creativeai, destinations, nodes
from n8n.source.flow import Flow
from n8n.source.guard import guard
from n8n.source.sorting import WHAT, ignored, sort

START = "creativeai-image-to-video"
DONE = "creativeai-image-to-video-done"
PRODUCT = "$('Settings').first().json"
SKU = {"SKU": f"={{{{ {PRODUCT}.sku }}}}"}


def made() -> Flow:
    flow = Flow(
        "image-to-video-airtable", "caiImageVideoA1", "Turn a product image into a video, saved to Airtable"
    )
    complete = arrival.product(flow, 1, 0, START, {"prompt": "$json.body.prompt"})
    settings = (
        nodes.text("airtable_base", "appYourBaseId"),
        nodes.text("airtable_table", "Videos"),
        *creativeai.VIDEO_SETTINGS,
        nodes.text("callback_url", f"{creativeai.CALLBACK}{DONE}"),
    )
    ways = {"New": "new", "Completed": "completed", "Failed": "failed"}
    sort(flow, 7, 1, (complete, guard(flow, 0, 2, DONE)), settings=settings, ways=ways)
    _start(flow)
    _end(flow)
    return flow


def _start(flow: Flow) -> None:
    begun = {"SKU": "={{ $json.sku }}", "Title": "={{ $json.title }}", "Status": "Starting", "Error": ""}
    noted = flow.put(9, 0, destinations.airtable("Save the start", begun), after=WHAT)
    body = creativeai.video_body(PRODUCT, f"'?sku=' + encodeURIComponent({PRODUCT}.sku)")
    submitted = flow.put(10, 0, creativeai.video("Create the video", body), after=noted)
    flow.note("### 2. Start\nThe record is saved before any credits are spent.", (9, 0), (10, 0))
    accepted = creativeai.answered(flow, 11, 0, submitted)
    kept = {**SKU, "Generation ID": "={{ $json.body.id }}"}
    saved = flow.put(12, 0, destinations.airtable("Save the generation ID", kept), after=accepted)
    said = f"={{{{ JSON.stringify({{ sku: {PRODUCT}.sku, id: $('Accepted?').first().json.body.id }}) }}}}"
    flow.put(13, 0, nodes.respond("Respond 202", 202, said), after=saved)
    flow.note("### Accepted\nThe status is left as it is: the video may already be there.", (12, 0), (13, 0))
    why = {**SKU, "Status": creativeai.NOT_STARTED, "Error": f"={{{{ {creativeai.REASON} }}}}"}
    failed = flow.put(12, 1, destinations.airtable("Save the reason", why), after=accepted, output=2)
    flow.line(submitted, failed, output=1)
    answer = "={{ JSON.stringify({ error: $json.fields.Error }) }}"
    flow.put(13, 1, nodes.respond("Respond 502", 502, answer), after=failed)
    flow.note("### Not started\nThe reason goes to the record and to the caller.", (12, 1), (13, 1))


def _end(flow: Flow) -> None:
    found = {"SKU": "={{ $json.query.sku }}", "Generation ID": "={{ $json.id }}"}
    made = {**found, "Status": "Completed", "Video": "={{ $json.link }}", "Error": ""}
    flow.put(9, 2, destinations.airtable("Save the video", made), after=WHAT, output=1)
    lost = {**found, "Status": "Failed", "Error": "={{ $json.reason }}"}
    flow.put(9, 3, destinations.airtable("Save the failure", lost), after=WHAT, output=2)
    flow.note("### 3. The result\nSaved in the record with this SKU.", (9, 2), (9, 3))
    ignored(flow, 9, 4, output=3)
