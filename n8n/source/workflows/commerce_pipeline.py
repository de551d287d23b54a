"""Template 5: clean picture, then video and voice side by side, then both in one film, delivered."""

from n8n.source import arrival, creativeai, destinations, nodes, requests
from n8n.source.flow import Flow, Node
from n8n.source.guard import guard
from n8n.source.sorting import WHAT, ignored, sort

START = "creativeai-product-film"
DONE = "creativeai-product-film-done"
PRODUCT = "$('Settings').first().json"
SKU = {"SKU": f"={{{{ {PRODUCT}.sku }}}}"}
FOUND = {"SKU": "={{ $json.query.sku }}"}
CLEAN = "$('Cleaned?').first().json.body.data[0].url"
RECORD = "$json.fields"


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
    sort(flow, 7, 1, (complete, guard(flow, 0, 2, DONE)), settings=settings, ways=ways)
    _clean(flow)
    _parts(flow)
    _film(flow)
    return flow


def _clean(flow: Flow) -> None:
    """The caller gets a response; the picture is fetched, cleaned up and saved."""
    begun = {"SKU": "={{ $json.sku }}", "Title": "={{ $json.title }}", "Status": "Starting", "Error": ""}
    noted = flow.put(9, 0, destinations.airtable("Save the start", begun), after=WHAT)
    said = f"={{{{ JSON.stringify({{ sku: {PRODUCT}.sku }}) }}}}"
    answered = flow.put(10, 0, nodes.respond("Respond 202", 202, said), after=noted)
    flow.note("### 2. Saved\nBefore any credits are spent.", (9, 0), (10, 0))
    photo = requests.download("Fetch the photo", f"={{{{ {PRODUCT}.image_url }}}}")
    fetched = flow.put(11, 0, photo, after=answered)
    edit = creativeai.edit("Clean it up", f"={{{{ {PRODUCT}.edit_prompt }}}}")
    submitted = flow.put(12, 0, edit, after=fetched)
    flow.note("### 3. A clean picture\nThe response has it, so there is no callback.", (11, 0), (12, 0))
    cleaned = creativeai.answered(
        flow, 13, 0, submitted, name="Cleaned?", suffix=" to clean it", again=fetched, what="Cleaned"
    )
    picture = {**SKU, "Picture": "={{ $json.body.data[0].url }}"}
    flow.put(14, 0, destinations.airtable("Save the picture", picture), after=cleaned)
    flow.note("### Saved", (14, 0))
    why = {
        "SKU": f"={{{{ {PRODUCT}.sku || {PRODUCT}.query.sku }}}}",
        "Status": creativeai.NOT_STARTED,
        "Error": f"={{{{ {creativeai.REASON} }}}}",
    }
    failed = flow.put(19, -1, destinations.airtable("Save the reason", why), after=cleaned, output=2)
    flow.line(submitted, failed, output=1)
    flow.note("### Rejected\nThe reason is saved in the record.", (19, -1))


def _parts(flow: Flow) -> None:
    """Video and voice: two requests that take the same way to CreativeAI, as the film's does later."""
    video = (
        f"{{ model: 'auto', image_url: {CLEAN}, prompt: {PRODUCT}.video_prompt, "
        f"duration: {PRODUCT}.duration, aspect_ratio: {PRODUCT}.aspect_ratio, "
        f"webhook_url: {_callback('video')} }}"
    )
    voice = (
        f"{{ text: {PRODUCT}.narration || {PRODUCT}.title, voice: {PRODUCT}.voice, "
        f"language: {PRODUCT}.language, webhook_url: {_callback('voice')} }}"
    )
    first = flow.put(
        15, 0, _order("Prepare the video", "/v1/video/generations", video), after="Save the picture"
    )
    second = flow.put(
        15, 1, _order("Prepare the voice", "/api/generate/voice", voice), after="Save the picture"
    )
    flow.note("### 4. Side by side\nBoth from the same start.", (15, 0), (15, 1))
    submitted = flow.put(17, 0, creativeai.ordered("Send to CreativeAI", "Request"))
    order = flow.put(16, 0, nodes.fields("Request", keep=True))
    flow.line(first, order)
    flow.line(second, order)
    flow.line(order, submitted)
    flow.note("### 5. Send each request", (16, 0), (17, 0))
    accepted = creativeai.answered(flow, 18, 0, submitted, suffix=" for it", tries=2 * creativeai.TRIES)
    flow.line(accepted, "Save the reason", output=2)
    flow.line(submitted, "Save the reason", output=1)


def _film(flow: Flow) -> None:
    """The callbacks: a part is saved; with both parts, the film is requested; the film is announced."""
    column = "{ video: 'Video', voice: 'Voice', film: 'Film' }[$json.query.part]"
    whole = "$json.query.part === 'film' ? { Status: 'Completed', Error: '' } : { }"
    named = f"{{ SKU: $json.query.sku, [{column}]: $json.link, ...({whole}) }}"
    part = flow.put(9, 2, nodes.fields_of("Name the part", named), after=WHAT, output=1)
    saved = flow.put(10, 2, destinations.airtable_item("Save the part"), after=part)
    ways = {
        "Film": nodes.is_true("={{ $('Settings').first().json.query.part === 'film' }}"),
        "Both parts": nodes.is_true(f"={{{{ !!{RECORD}.Video && !!{RECORD}.Voice && !{RECORD}.Film }}}}"),
    }
    there = flow.put(11, 2, nodes.switch("Which parts are there?", ways, "Not all yet"), after=saved)
    flow.note("### 6. Which parts are there?\nThe record has the parts.", (9, 2), (11, 2))
    title = destinations.slack_text(f"{RECORD}.Title")
    text = f"=The film of {{{{ {title} }}}} is ready: {{{{ {RECORD}.Film }}}}"
    flow.put(12, 2, destinations.slack("Announce it", text), after=there)
    flow.note("### 8. Deliver", (12, 2))
    key = f"={{{{ {RECORD}.Video + ' ' + {RECORD}.Voice }}}}"
    once = flow.put(12, 3, nodes.unseen("Once per pair", key), after=there, output=1)
    film = (
        f"{{ video_url: {RECORD}.Video, audio_url: {RECORD}.Voice, replace_audio: true, "
        f"webhook_url: {_callback('film', f'{RECORD}.SKU')} }}"
    )
    joined = _order("Prepare the film", "/api/generate/compose", film, sku=f"{RECORD}.SKU")
    flow.line(flow.put(15, 3, joined, after=once), "Request")
    flow.note("### 7. Join them\nOnce, when the second part arrives.", (12, 3), (15, 3))
    lost = {**FOUND, "Status": "Failed", "Error": "={{ $json.query.part + ': ' + $json.reason }}"}
    flow.put(9, 4, destinations.airtable("Save the failure", lost), after=WHAT, output=2)
    flow.note("### Failed", (9, 4))
    ignored(flow, 9, 5, output=3)


def _callback(part: str, sku: str = f"{PRODUCT}.sku") -> str:
    return f"{PRODUCT}.callback_url + '?part={part}&sku=' + encodeURIComponent({sku})"


def _order(name: str, path: str, body: str, sku: str = f"{PRODUCT}.sku") -> Node:
    return nodes.fields(
        name,
        nodes.text("path", path),
        nodes.text("sku", f"={{{{ {sku} }}}}"),
        {"name": "body", "value": f"={{{{ {body} }}}}", "type": "object"},
    )
