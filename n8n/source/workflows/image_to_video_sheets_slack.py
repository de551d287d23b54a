"""Template 2: a Google Sheet is the list and gets the results; each is posted to Slack."""

from n8n.source import creativeai, destinations, nodes
from n8n.source.arrival import LINK
from n8n.source.flow import Flow
from n8n.source.guard import guard
from n8n.source.sorting import WHAT, ignored, sort

DONE = "creativeai-sheet-video-done"
SETTINGS = "$('Settings').first().json"
ROW = "$('One at a time').first().json"
SKU = {"SKU": f"={{{{ {ROW}.SKU }}}}"}


def made() -> Flow:
    flow = Flow(
        "image-to-video-sheets-slack",
        "caiImageVideoG2",
        "Turn product images from Google Sheets into videos, announced in Slack",
    )
    timed = flow.put(3, 0, nodes.every("Every five minutes", field="minutes", minutesInterval=5))
    looked = nodes.fields("Check for new rows", nodes.text("status", "new"))
    looks = flow.put(5, 0, looked, after=timed)
    flow.line(flow.put(3, 1, nodes.by_hand("Start by hand")), looks)
    flow.note("### 1. Start\nEvery five minutes, or when you click *Execute workflow*.", (3, 0), (5, 1))
    settings = (
        nodes.text("sheet_id", "your-sheet-id"),
        nodes.text("sheet_tab", "Videos"),
        nodes.text("slack_channel", "C0YOURCHANNEL"),
        *creativeai.VIDEO_SETTINGS,
        nodes.text("callback_url", f"{creativeai.CALLBACK}{DONE}"),
    )
    ways = {"New": "new", "Completed": "completed", "Failed": "failed"}
    sort(flow, 7, 1, (looks, guard(flow, 0, 2, DONE)), settings=settings, ways=ways)
    _start(flow)
    _end(flow)
    return flow


def _start(flow: Flow) -> None:
    read = flow.put(9, 0, destinations.sheet_rows("Read the list"), after=WHAT)
    fresh = f"={{{{ !$json.Status && !!$json.SKU && {LINK}.test($json['Image URL'] ?? '') }}}}"
    new = flow.put(10, 0, nodes.keep_if("Only new rows", nodes.is_true(fresh)), after=read)
    few = flow.put(11, 0, nodes.at_most("At most three", 3), after=new)
    each = flow.put(12, 0, nodes.one_by_one("One at a time"), after=few)
    flow.note("### 2. New rows\nRows with a picture and without a status.", (9, 0), (12, 0))
    begun = {"SKU": "={{ $json.SKU }}", "Status": "Starting", "Error": ""}
    noted = flow.put(13, 0, destinations.sheet("Save the start", begun), after=each, output=1)
    body = (
        f"{{ model: {SETTINGS}.model, prompt: {ROW}.Prompt || {SETTINGS}.usual_prompt, image_url: "
        f"{ROW}['Image URL'], duration: {SETTINGS}.duration, aspect_ratio: {SETTINGS}.aspect_ratio, "
        f"webhook_url: "
        f"{SETTINGS}.callback_url + '?sku=' + encodeURIComponent({ROW}.SKU) }}"
    )
    submitted = flow.put(14, 0, creativeai.video("Create the video", body), after=noted)
    flow.note("### 3. Send\nThe row is marked before any credits are spent.", (13, 0), (14, 0))
    accepted = creativeai.answered(flow, 15, 0, submitted, tries=3 * creativeai.TRIES)
    kept = {**SKU, "Generation ID": "={{ $json.body.id }}"}
    saved = flow.put(16, 0, destinations.sheet("Save the generation ID", kept), after=accepted)
    why = {**SKU, "Status": creativeai.NOT_STARTED, "Error": f"={{{{ {creativeai.REASON} }}}}"}
    failed = flow.put(16, 1, destinations.sheet("Save the reason", why), after=accepted, output=2)
    flow.line(submitted, failed, output=1)
    flow.line(saved, each)
    flow.line(failed, each)
    flow.note("### Then the next row", (16, 0), (16, 1))


def _end(flow: Flow) -> None:
    found = {"SKU": "={{ $json.query.sku }}", "Generation ID": "={{ $json.id }}"}
    made = {**found, "Status": "Completed", "Video": "={{ $json.link }}", "Error": ""}
    saved = flow.put(9, 2, destinations.sheet("Save the video", made), after=WHAT, output=1)
    ready = f"=The video of {{{{ {destinations.slack_text('$json.SKU')} }}}} is ready: {{{{ $json.Video }}}}"
    flow.put(10, 2, destinations.slack("Announce it", ready), after=saved)
    flow.note("### 4. The result\nSaved in the row with this SKU, then posted to Slack.", (9, 2), (10, 3))
    lost = {**found, "Status": "Failed", "Error": "={{ $json.reason }}"}
    noted = flow.put(9, 3, destinations.sheet("Save the failure", lost), after=WHAT, output=2)
    failed = (
        f"=The video of {{{{ {destinations.slack_text('$json.SKU')} }}}} failed: "
        f"{{{{ {destinations.slack_text('$json.Error')} }}}}."
    )
    flow.put(10, 3, destinations.slack("Post the failure", failed), after=noted)
    ignored(flow, 9, 4, output=3)
