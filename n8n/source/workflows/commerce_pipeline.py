"""Template 5: clean picture, voice, video, then both in one film, each step when the one before is saved."""

from n8n.source import arrival, creativeai, destinations, limits, nodes, record_claims, requests
from n8n.source.flow import Flow
from n8n.source.guard import guard
from n8n.source.record_claims import QUERY
from n8n.source.sorting import WHAT, sort

START = "creativeai-product-film"
DONE = "creativeai-product-film-done"
PRODUCT = "$('Settings').first().json"
PHOTO, CLEAN, SEND, REASON, SAVE, SLACK = (
    "Fetch the photo",
    "Clean it up",
    "Send to CreativeAI",
    "Read the reason",
    "Save the part",
    "Announce it",
)
ID = {"id": f"={{{{ {record_claims.ID} }}}}"}


def made() -> Flow:
    flow = Flow(
        "commerce-pipeline",
        "caiCommercePipe5",
        "Turn a product photo into a narrated film, saved to Airtable",
    )
    complete = arrival.product(flow, 1, 0, START, {"narration": "$json.body.narration"})
    settings = (
        nodes.text("airtable_base", "appYourBaseId"),
        nodes.text("airtable_table", "Films"),
        nodes.text("slack_channel", "C0YOURCHANNEL"),
        nodes.text(
            "edit_prompt",
            "Clean up this product photo, improve the lighting and place the item on a clean white studio "
            "background with a soft natural shadow",
        ),
        nodes.text("video_prompt", "Slow premium turntable shot of this product, soft studio reflections"),
        nodes.number("duration", 5),
        nodes.text("aspect_ratio", "9:16"),
        nodes.text("voice", "alloy"),
        nodes.text("language", "en"),
        nodes.text("callback_url", f"{creativeai.CALLBACK}{DONE}"),
    )
    ways = {"New": "new", "Completed": "completed", "Failed": "failed"}
    done = guard(flow, 0, 2, DONE, spread=limits.CALLBACKS)
    sort(flow, 7, 1, (complete, done), settings=settings, ways=ways)
    parts = ("Picture", "Voice", "Video", "Film")
    started = record_claims.started(flow, 9, 0, emptied=parts, said=f"{{ sku: {PRODUCT}.sku }}")
    sources = {started: (0,), WHAT: (1, 2)}
    whose = record_claims.whose(flow, 14, 1, sources, "$json.Status !== 'Completed'")
    flow.note("### 3. Whose record?\nNothing of an earlier run is taken for this one's.", (14, 1), (15, 1))
    _clean(flow, whose)
    _save(flow, whose)
    _next(flow)
    steps = {**record_claims.WAYS, **{each: each for each in (SAVE, "Save the reason", SLACK)}}
    busy = {"Cleaned?": (creativeai.BUSY_OUTPUT, PHOTO), "Accepted?": (creativeai.BUSY_OUTPUT, SEND)}
    otherwise = "This film was started again, or is complete; a result of an earlier run is not saved in it."
    limits.waited_out(flow, 10, 3, steps, busy=busy, otherwise=otherwise)
    flow.line(whose, limits.STOP, output=4)
    return flow


def _clean(flow: Flow, whose: str) -> None:
    """CreativeAI edits a file, and its response has the result."""
    photo = requests.download(PHOTO, f"={{{{ {PRODUCT}.image_url }}}}", caught=True)
    fetched = flow.put(16, 0, photo, after=whose)
    submitted = flow.put(17, 0, creativeai.edit(CLEAN, f"={{{{ {PRODUCT}.edit_prompt }}}}"), after=fetched)
    cleaned = creativeai.answered(flow, 18, 0, submitted, name="Cleaned?", what="Cleaned")
    flow.note("### 4. A clean picture\nThe response has it, so there is no callback.", (16, 0), (18, 0))
    why = (
        f"$prevNode.name === '{PHOTO}' ? 'The photo could not be fetched, so nothing was charged: ' + "
        "($json.error?.message ?? $json.error) + '. Check image_url and start this product again.' : "
        f"{creativeai.reason()}"
    )
    outcome = f"$prevNode.name === '{PHOTO}' ? 'Not started' : {creativeai.outcome()}"
    read = nodes.fields(
        REASON, nodes.text("outcome", f"={{{{ {outcome} }}}}"), nodes.text("why", f"={{{{ {why} }}}}")
    )
    reason = flow.put(20, 0, read, after=cleaned, output=2)
    flow.line(fetched, reason, output=1)
    flow.line(submitted, reason, output=1)
    values = {
        **ID,
        "Status": f"={{{{ $('{REASON}').first().json.outcome }}}}",
        "Error": f"={{{{ $('{REASON}').first().json.why }}}}",
    }
    flow.put(21, 0, destinations.airtable_update("Save the reason", values), after=reason)
    flow.note("### Not started\nThe reason is saved in the record.", (20, 0), (21, 0))


def _save(flow: Flow, whose: str) -> None:
    """A part goes into its column; a record that had no news is on its way again."""
    failed = f"{PRODUCT}.status === 'failed'"
    column = f"{{ voice: 'Voice', video: 'Video', film: 'Film' }}[{QUERY}?.part]"
    picture = f"{creativeai.response_of(CLEAN)}.body.data[0].url"
    mark = f"'Starting (run ' + {QUERY}.run + ')'"
    status = f"{failed} ? 'Failed' : {QUERY}.part === 'film' ? 'Completed' : {mark}"
    values = {
        **ID,
        "Picture": f"={{{{ {QUERY}?.part ? undefined : {picture} }}}}",
        **{
            each: f"={{{{ {column} === '{each}' && !({failed}) ? {PRODUCT}.link : undefined }}}}"
            for each in ("Voice", "Video", "Film")
        },
        "Status": f"={{{{ {QUERY}?.part ? ({status}) : undefined }}}}",
        "Error": f"={{{{ {failed} ? {QUERY}.part + ': ' + {PRODUCT}.reason : '' }}}}",
    }
    saved = flow.put(17, 1, destinations.airtable_update(SAVE, values), after="Cleaned?")
    flow.line(whose, saved, output=1)
    ways = {
        "Next part": nodes.is_true("={{ !$json.fields.Film && $json.fields.Status !== 'Failed' }}"),
        "Film": nodes.is_true("={{ !!$json.fields.Film }}"),
    }
    what = flow.put(18, 1, nodes.switch("What next?", ways, "Failed"), after=saved)
    flow.note("### 5. Saved\nEach part in its column; the record says what is next.", (17, 1), (18, 1))
    film = f"$('{SAVE}').first(0).json.fields"
    title = destinations.slack_text(f"{film}.Title")
    text = f"=The film of {{{{ {title} }}}} is ready: {{{{ {film}.Film }}}}"
    flow.put(19, 2, destinations.slack(SLACK, text), after=what, output=1)
    flow.note("### 7. Deliver", (19, 2))


def _next(flow: Flow) -> None:
    record = "$json.fields"
    part = f"(!{record}.Voice ? 'voice' : !{record}.Video ? 'video' : 'film')"
    callback = (
        f"{PRODUCT}.callback_url + '?part=' + {part} + '&record=' + $json.id + '&run=' + "
        f"({QUERY}?.run ?? $execution.id)"
    )
    paths = "{ voice: '/api/generate/voice', video: '/v1/video/generations', film: '/api/generate/compose' }"
    voice = (
        f"{{ text: {PRODUCT}.narration || {PRODUCT}.title, voice: {PRODUCT}.voice, "
        f"language: {PRODUCT}.language, webhook_url: {callback} }}"
    )
    video = (
        f"{{ model: 'auto', prompt: {PRODUCT}.video_prompt, image_url: {record}.Picture, "
        f"duration: {PRODUCT}.duration, aspect_ratio: {PRODUCT}.aspect_ratio, webhook_url: {callback} }}"
    )
    film = (
        f"{{ video_url: {record}.Video, audio_url: {record}.Voice, replace_audio: true, "
        f"webhook_url: {callback} }}"
    )
    request = nodes.fields(
        "Next request",
        nodes.text("path", f"={{{{ {paths}[{part}] }}}}"),
        {
            "name": "body",
            "value": f"={{{{ {{ voice: {voice}, video: {video}, film: {film} }}[{part}] }}}}",
            "type": "object",
        },
    )
    asked = flow.put(19, 1, request, after="What next?")
    submitted = flow.put(20, 1, creativeai.ordered(SEND, "Next request"), after=asked)
    accepted = creativeai.answered(flow, 21, 1, submitted)
    flow.line(accepted, REASON, output=2)
    flow.line(submitted, REASON, output=1)
    flow.note("### 6. Voice, video, film\nOne after the other; CreativeAI calls back.", (19, 1), (21, 1))
