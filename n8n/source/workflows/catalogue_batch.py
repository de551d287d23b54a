"""Template 4: up to twenty rows of a sheet become one batch: one request, one callback, a result per row."""

from n8n.source import creativeai, destinations, nodes
from n8n.source.arrival import LINK
from n8n.source.flow import Flow
from n8n.source.guard import guard
from n8n.source.sorting import WHAT, ignored, sort

DONE = "creativeai-batch-done"
SETTINGS = "$('Settings').first().json"
ROWS = "$('At most twenty').all()"
ENDED = "['completed', 'complete', 'succeeded', 'failed', 'error']"


def made() -> Flow:
    flow = Flow(
        "catalogue-batch",
        "caiCatalogueBat4",
        "Turn a catalogue in Google Sheets into videos, twenty at a time",
    )
    timed = flow.put(2, 0, nodes.every("Every hour", field="hours", hoursInterval=1))
    looks = flow.put(4, 0, nodes.fields("Check for new rows", nodes.text("status", "new")), after=timed)
    flow.line(flow.put(2, 1, nodes.by_hand("Start by hand")), looks)
    flow.note("### 1. Start\nEvery hour, or when you click *Execute workflow*.", (2, 0), (4, 1))
    settings = (
        nodes.text("sheet_id", "your-sheet-id"),
        nodes.text("sheet_tab", "Catalogue"),
        *creativeai.VIDEO_SETTINGS,
        nodes.text("callback_url", f"{creativeai.CALLBACK}{DONE}"),
    )
    ways = {"New": "new", "Completed": "completed", "Failed": "failed"}
    done = guard(flow, 0, 2, DONE, once=False, seconds=15)
    sort(flow, 6, 1, (looks, done), settings=settings, ways=ways)
    _start(flow)
    _end(flow)
    return flow


def _start(flow: Flow) -> None:
    fresh = f"={{{{ !$json.Status && !!$json.SKU && {LINK}.test($json['Image URL'] ?? '') }}}}"
    begun = {"SKU": "={{ $json.SKU }}", "Status": "Starting", "Error": ""}
    last = flow.put(8, 0, destinations.sheet_rows("Read the list"), after=WHAT)
    for column, node in enumerate(
        (
            nodes.keep_if("Only new rows", nodes.is_true(fresh)),
            nodes.at_most("At most twenty", 20),
            destinations.sheet("Save the start", begun),
            nodes.gather("One request for all", "rows"),
        ),
        9,
    ):
        last = flow.put(column, 0, node, after=last)
    flow.note(
        "### 2. New rows\nRows with a picture and without a status, marked before any credits are spent.",
        (8, 0),
        (12, 0),
    )
    prompt = f"{{ prompt: each.json.Prompt || {SETTINGS}.usual_prompt, image_url: each.json['Image URL'] }}"
    body = (
        f"{{ prompts: {ROWS}.map((each) => ({prompt})), model: {SETTINGS}.model, duration: "
        f"{SETTINGS}.duration, "
        f"aspect_ratio: {SETTINGS}.aspect_ratio, webhook_url: {SETTINGS}.callback_url }}"
    )
    submitted = flow.put(13, 0, creativeai.batch("Create the batch", body), after=last)
    flow.note("### 3. Send", (13, 0))
    accepted = creativeai.answered(flow, 14, 0, submitted)
    jobs = flow.put(15, 0, nodes.split_out("One item per job", "body.jobs"), after=accepted)
    kept = {"SKU": f"={{{{ {ROWS}[$itemIndex].json.SKU }}}}", "Generation ID": "={{ $json.id }}"}
    flow.put(16, 0, destinations.sheet("Save the generation IDs", kept), after=jobs)
    flow.note("### Accepted\nIn the order of the rows.", (15, 0), (16, 0))
    why = nodes.fields(
        "Read the reason",
        {"name": "rows", "value": "={{ $('One request for all').first().json.rows }}", "type": "array"},
        nodes.text("outcome", creativeai.NOT_STARTED),
        nodes.text("why", f"={{{{ {creativeai.REASON} }}}}"),
    )
    refused = flow.put(15, 1, why, after=accepted, output=2)
    flow.line(submitted, refused, output=1)
    rows = flow.put(16, 1, nodes.split_out("One item per row", "rows", keep="outcome, why"), after=refused)
    noted = {"SKU": "={{ $json.rows.SKU }}", "Status": "={{ $json.outcome }}", "Error": "={{ $json.why }}"}
    flow.put(17, 1, destinations.sheet("Save the reason", noted), after=rows)
    flow.note("### Not started\nThe reason is saved in every row of the batch.", (15, 1), (17, 1))


def _end(flow: Flow) -> None:
    split = flow.put(8, 2, nodes.split_out("One item per video", "body.jobs"), after=WHAT, output=1)
    flow.line(WHAT, split, output=2)
    word = "String($json.status).toLowerCase()"
    ended = nodes.keep_if("Only finished videos", nodes.is_true(f"={{{{ {ENDED}.includes({word}) }}}}"))
    last = flow.put(9, 2, ended, after=split)
    key = f"={{{{ $json.id + ':' + {word} }}}}"
    last = flow.put(10, 2, nodes.unseen("Drop duplicates", key), after=last)
    made = f"!!$json.output_url && !['failed', 'error'].includes({word})"
    result = {
        "Generation ID": "={{ $json.id }}",
        "Status": f"={{{{ {made} ? 'Completed' : 'Failed' }}}}",
        "Video": "={{ $json.output_url ?? '' }}",
        "Error": "={{ $json.error_message ?? $json.error?.message ?? '' }}",
    }
    flow.put(11, 2, destinations.sheet("Save the results", result, key="Generation ID"), after=last)
    flow.note(
        "### 4. The results\nA batch may call back several times, as its videos finish: each video is saved "
        "once, into the "
        "row with its generation ID.",
        (8, 2),
        (11, 2),
    )
    ignored(flow, 8, 3, output=3)
