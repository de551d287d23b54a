"""Template 1: a product's image becomes a video, and Airtable shows its status at every moment."""

from n8n.source import arrival, creativeai, destinations, limits, nodes, record_claims
from n8n.source.flow import Flow
from n8n.source.guard import guard
from n8n.source.sorting import WHAT, sort

START = "creativeai-image-to-video"
DONE = "creativeai-image-to-video-done"
RESPONSE = "Save the response"
PRODUCT = "$('Settings').first().json"
ID = {"id": f"={{{{ {record_claims.ID} }}}}"}
# A record that has another generation's ID belongs to a later start.
GENERATION = f"[undefined, '', {PRODUCT}.id].includes($json['Generation ID'])"


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
    done = guard(flow, 0, 2, DONE, spread=limits.CALLBACKS)
    sort(flow, 7, 1, (complete, done), settings=settings, ways=ways)
    said = f"{{ sku: {PRODUCT}.sku, id: {record_claims.FOUND}.id }}"
    started = record_claims.started(flow, 9, 0, emptied=("Generation ID", "Video"), said=said)
    sources = {started: (0,), WHAT: (1, 2)}
    whose = record_claims.whose(flow, 14, 1, sources, GENERATION, sent="Create the video")
    flow.note("### 3. Whose record?\nNothing of an earlier run is taken for this one's.", (14, 1), (15, 1))
    _start(flow, whose)
    _end(flow, whose)
    saves = (RESPONSE, "Save the result")
    busy = {"Accepted?": (creativeai.BUSY_OUTPUT, "Create the video")}
    otherwise = "This record was started again; a result of an earlier run is not saved in it."
    steps = {**record_claims.WAYS, **{each: each for each in saves}}
    limits.waited_out(flow, 10, 3, steps, busy=busy, otherwise=otherwise)
    flow.line(whose, limits.STOP, output=4)
    return flow


def _start(flow: Flow, whose: str) -> None:
    body = creativeai.video_body(PRODUCT, record_claims.CALLBACK)
    submitted = flow.put(16, 0, creativeai.video("Create the video", body), after=whose)
    accepted = creativeai.answered(flow, 17, 0, submitted)
    flow.note("### 4. Send\nNot repeated without a response.", (16, 0), (17, 0))
    response = creativeai.response_of("Create the video")
    id_ = f"{response}.body?.id"
    kept = {
        **ID,
        "Generation ID": f"={{{{ {id_} }}}}",
        "Status": f"={{{{ {id_} ? undefined : {creativeai.outcome(response)} }}}}",
        "Error": f"={{{{ {id_} ? undefined : {creativeai.reason(response)} }}}}",
    }
    saved = flow.put(18, 0, destinations.airtable_update(RESPONSE, kept), after=accepted)
    flow.line(whose, saved, output=2)
    flow.line(accepted, record_claims.READ, output=2)
    flow.line(submitted, record_claims.READ, output=1)
    flow.note(
        "### Saved\nThe ID, with the status as it is: the video may be there. Or the reason, if there is no "
        "result.",
        (18, 0),
    )


def _end(flow: Flow, whose: str) -> None:
    made = f"{PRODUCT}.status === 'completed'"
    result = {
        **ID,
        "Generation ID": f"={{{{ {PRODUCT}.id }}}}",
        "Status": f"={{{{ {made} ? 'Completed' : 'Failed' }}}}",
        "Video": f"={{{{ {PRODUCT}.link }}}}",
        "Error": f"={{{{ {PRODUCT}.reason }}}}",
    }
    flow.put(16, 2, destinations.airtable_update("Save the result", result), after=whose, output=1)
    flow.note("### 5. The result\nSaved in its record.", (16, 2))
