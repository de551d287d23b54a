"""Template 4: up to twenty rows of a sheet become one batch: one request, one callback, a result per row."""

from n8n.source import creativeai, destinations, limits, nodes, sheet_claims
from n8n.source.flow import Flow
from n8n.source.guard import guard
from n8n.source.sorting import WHAT, sort

DONE = "creativeai-batch-done"
SETTINGS = "$('Settings').first().json"
ROWS = "$('One request for all').first().json.rows"
ENDED = "['completed', 'complete', 'succeeded', 'failed', 'error']"
READ = "Read the rows"
PLACED = "Has it a row?"


def made() -> Flow:
    flow = Flow(
        "catalogue-batch",
        "caiCatalogueBat4",
        "Turn a catalogue in Google Sheets into videos, twenty at a time",
    )
    timed = flow.put(2, 0, nodes.every("Every hour", field="hours", hoursInterval=1))
    by_hand = flow.put(2, 1, nodes.by_hand("Start by hand"))
    flow.note("### 1. Start\nEvery hour, or when you click *Execute workflow*.", (2, 0), (3, 1))
    settings = (
        nodes.text("sheet_id", "your-sheet-id"),
        nodes.text("sheet_tab", "Catalogue"),
        *creativeai.VIDEO_SETTINGS,
        nodes.text("callback_url", f"{creativeai.CALLBACK}{DONE}"),
        nodes.text("status", "={{ $json.status ?? 'new' }}"),
    )
    ways = {"New": "new", "Completed": "completed", "Failed": "failed"}
    done = guard(flow, 0, 2, DONE, once=False, seconds=5)
    sort(flow, 6, 1, (timed, by_hand, done), settings=settings, ways=ways)
    _start(flow)
    _end(flow)
    again = {**sheet_claims.WAYS, READ: READ, "Save the results": READ}
    busy = {"Accepted?": (creativeai.BUSY_OUTPUT, "Create the batch"), PLACED: (1, READ)}
    limits.waited_out(flow, 12, 3, again, busy=busy)
    return flow


def _start(flow: Flow) -> None:
    own = sheet_claims.claimed(flow, 8, 0, WHAT, most=20)
    gathered = flow.put(15, 0, nodes.gather("One request for all", "rows"), after=own)
    prompt = f"{{ prompt: each.Prompt || {SETTINGS}.usual_prompt, image_url: each['Image URL'] }}"
    body = (
        f"{{ prompts: {ROWS}.map((each) => ({prompt})), model: {SETTINGS}.model, duration: "
        f"{SETTINGS}.duration, "
        f"aspect_ratio: {SETTINGS}.aspect_ratio, webhook_url: {SETTINGS}.callback_url + '?run=' + "
        f"$execution.id + '&rows=' + {ROWS}.map((each) => each.Status.match(/row (\\d+)/)[1]).join('-') }}"
    )
    submitted = flow.put(16, 0, creativeai.batch("Create the batch", body), after=gathered)
    accepted = creativeai.answered(flow, 17, 0, submitted)
    flow.note("### 3. Send\nOne request, whose jobs are in the order of the rows.", (15, 0), (18, 0))
    response = (
        f"{{ responses: {ROWS}.map((row, place) => [($json.body?.jobs ?? []).at(place)?.id ?? '']"
        f".map((id) => ({{ mark: row.Status, id, outcome: id ? '' : {creativeai.outcome()}, "
        f"why: id ? '' : ({creativeai.reason()}) }}))[0]) }}"
    )
    kept = flow.put(18, 0, nodes.fields_of("Keep the response", response), after=accepted)
    flow.line(accepted, kept, output=2)
    flow.line(submitted, kept, output=1)
    sheet_claims.saved(flow, 16, 1, kept, "$('Keep the response').first().json.responses")
    flow.note("### Save the generation IDs\nOr the reason why the batch was not sent.", (16, 1), (19, 1))


def _end(flow: Flow) -> None:
    """Each video by its own ID; before that is saved, by the mark of the row that was in its place."""
    read = flow.put(8, 2, destinations.sheet_rows_or_none(READ), after=WHAT, output=1)
    flow.line(WHAT, read, output=2)
    ended = f"{ENDED}.includes(String(each.status).toLowerCase())"
    row = sheet_claims.row_of(READ, "each.id", "each.mark")
    started = f"String({SETTINGS}.query.rows ?? '').split('-').at(place)"
    mark = f"'Starting (run ' + {SETTINGS}.query.run + ', row ' + {started} + ')'"
    lost = (
        "'No row of the sheet has these generation IDs: ' + all.filter((other) => !other.row).map((other) => "
        f"other.id + ' (execution ' + {SETTINGS}.query.run + ', row ' + other.started + ')' + "
        "(other.output_url ? ', paid for: ' + other.output_url : ', failed')).join('; ') + '.'"
    )
    videos = (
        f"{{ videos: ({SETTINGS}.body.jobs ?? []).map((each, place) => ({{ ...each, started: {started}, "
        f"mark: {mark} }}))"
        f".filter((each) => {ended}).map((each) => ({{ ...each, row: {row}?.row_number ?? 0 }}))"
        f".map((each, _, all) => ({{ ...each, statusCode: $runIndex < 5 ? 503 : 410, message: {lost} }})) }}"
    )
    joined = flow.put(9, 2, nodes.fields_of("Find each video's row", videos, once=True), after=read)
    split = flow.put(10, 2, nodes.split_out("One item per video", "videos"), after=joined)
    ways = {
        "There": nodes.is_true("={{ $json.row > 0 }}"),
        "Gone": nodes.is_true(f"={{{{ {destinations.sheet_was_read(READ)} }}}}"),
    }
    placed = flow.put(11, 2, nodes.switch(PLACED, ways, "Not read"), after=split)
    made = "!!$json.output_url && !['failed', 'error'].includes(String($json.status).toLowerCase())"
    result = {
        "row_number": "={{ $json.row }}",
        "Generation ID": "={{ $json.id }}",
        "Status": f"={{{{ {made} ? 'Completed' : 'Failed' }}}}",
        "Video": "={{ $json.output_url ?? '' }}",
        "Error": "={{ $json.error_message ?? $json.error?.message ?? '' }}",
    }
    flow.put(12, 2, destinations.sheet_update("Save the results", result), after=placed)
    flow.note(
        "### 4. The results\nA batch may call back several times, as its videos finish: each video is saved "
        "in the row with its generation ID.",
        (8, 2),
        (12, 2),
    )
