"""Template 2: a Google Sheet is the list and gets the results; each is posted to Slack."""

from n8n.source import creativeai, destinations, limits, nodes, sheet_claims
from n8n.source.flow import Flow
from n8n.source.guard import guard
from n8n.source.sorting import WHAT, sort

DONE = "creativeai-sheet-video-done"
SETTINGS = "$('Settings').first().json"
EACH = "One at a time"
ROW = f"$('{EACH}').first(1).json"
READ = "Read the row"
PLACED = "Still there?"
NO_ROW = (
    f"{{ row_number: 0, statusCode: 410, message: 'The row of ' + ({SETTINGS}.query.sku || 'this video') + "
    "' is not in the sheet any more.' }"
)


def made() -> Flow:
    flow = Flow(
        "image-to-video-sheets-slack",
        "caiImageVideoG2",
        "Turn product images from Google Sheets into videos, announced in Slack",
    )
    timed = flow.put(3, 0, nodes.every("Every five minutes", field="minutes", minutesInterval=5))
    by_hand = flow.put(3, 1, nodes.by_hand("Start by hand"))
    flow.note("### 1. Start\nEvery five minutes, or when you click *Execute workflow*.", (3, 0), (4, 1))
    settings = (
        nodes.text("sheet_id", "your-sheet-id"),
        nodes.text("sheet_tab", "Videos"),
        nodes.text("slack_channel", "C0YOURCHANNEL"),
        *creativeai.VIDEO_SETTINGS,
        nodes.text("callback_url", f"{creativeai.CALLBACK}{DONE}"),
        nodes.text("status", "={{ $json.status ?? 'new' }}"),
    )
    ways = {"New": "new", "Completed": "completed", "Failed": "failed"}
    sort(flow, 7, 1, (timed, by_hand, guard(flow, 0, 2, DONE)), settings=settings, ways=ways)
    _start(flow)
    _end(flow)
    again = {**sheet_claims.WAYS, READ: READ, "Save the result": READ, "Post to Slack": "Post to Slack"}
    busy = {"Accepted?": (creativeai.BUSY_OUTPUT, "Create the video"), PLACED: (1, READ)}
    limits.waited_out(flow, 11, 3, again, busy=busy)
    return flow


def _start(flow: Flow) -> None:
    own = sheet_claims.claimed(flow, 9, 0, WHAT, most=3)
    each = flow.put(16, 0, nodes.one_by_one(EACH), after=own)
    body = (
        f"{{ model: {SETTINGS}.model, prompt: {ROW}.Prompt || {SETTINGS}.usual_prompt, image_url: "
        f"{ROW}['Image URL'], duration: {SETTINGS}.duration, aspect_ratio: {SETTINGS}.aspect_ratio, "
        f"webhook_url: {SETTINGS}.callback_url + '?mark=' + encodeURIComponent({ROW}.Status) + "
        f"'&sku=' + encodeURIComponent({ROW}.SKU) }}"
    )
    submitted = flow.put(17, 0, creativeai.video("Create the video", body), after=each, output=1)
    accepted = creativeai.answered(flow, 18, 0, submitted)
    response = nodes.fields(
        "Keep the response",
        nodes.text("mark", f"={{{{ {ROW}.Status }}}}"),
        nodes.text("id", "={{ $json.body?.id ?? '' }}"),
        nodes.text("outcome", f"={{{{ $json.body?.id ? '' : {creativeai.outcome()} }}}}"),
        nodes.text("why", f"={{{{ $json.body?.id ? '' : ({creativeai.reason()}) }}}}"),
    )
    kept = flow.put(19, 0, response, after=accepted)
    flow.line(accepted, kept, output=2)
    flow.line(submitted, kept, output=1)
    flow.line(kept, each)
    flow.note("### 3. Send\nOne row after the other.", (16, 0), (19, 0))
    sheet_claims.saved(flow, 17, 1, each, f"$('{EACH}').all(0).map((each) => each.json)")
    flow.note("### Then save the generation IDs\nOr the reason why a row was not sent.", (17, 1), (20, 1))


def _end(flow: Flow) -> None:
    """By the generation's ID, or, as long as it is not saved, by the mark that the callback brings."""
    read = flow.put(9, 2, destinations.sheet_rows_or_none(READ), after=WHAT, output=1)
    flow.line(WHAT, read, output=2)
    found = sheet_claims.row_of(READ, f"{SETTINGS}.id", f"{SETTINGS}.query.mark")
    row = flow.put(10, 2, nodes.fields_of("Which row?", f"{found} ?? {NO_ROW}", once=True), after=read)
    ways = {
        "There": nodes.is_true("={{ $json.row_number > 0 }}"),
        "Gone": nodes.is_true(f"={{{{ {destinations.sheet_was_read(READ)} }}}}"),
    }
    flow.put(11, 2, nodes.switch(PLACED, ways, "Not read"), after=row)
    made = f"{SETTINGS}.status === 'completed'"
    result = {
        "row_number": "={{ $('Which row?').first().json.row_number }}",
        "Generation ID": f"={{{{ {SETTINGS}.id }}}}",
        "Status": f"={{{{ {made} ? 'Completed' : 'Failed' }}}}",
        "Video": f"={{{{ {SETTINGS}.link }}}}",
        "Error": f"={{{{ {SETTINGS}.reason }}}}",
    }
    saved = flow.put(12, 2, destinations.sheet_update("Save the result", result), after=PLACED)
    sku = destinations.slack_text("$('Which row?').first().json.SKU")
    reason = destinations.slack_text(f"{SETTINGS}.reason")
    text = (
        f"={{{{ 'The video of ' + {sku} + ({made} ? ' is ready: ' + {SETTINGS}.link : "
        f"' failed: ' + {reason} + '.') }}}}"
    )
    flow.put(13, 2, destinations.slack("Post to Slack", text), after=saved)
    flow.note("### 4. The result\nSaved in its row, then posted to Slack.", (9, 2), (13, 2))
