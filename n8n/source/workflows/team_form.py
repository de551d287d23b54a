"""Template 6: a form for the team: an image, a voice or an animated chart, delivered to Slack."""

from n8n.source import creativeai, destinations, forms, limits, nodes
from n8n.source.flow import Flow
from n8n.source.guard import guard
from n8n.source.sorting import WHAT, ignored, sort

DONE = "creativeai-team-form-done"
ASKED = "$('Settings').first().json"
TYPE = "What do you want to create?"
TEXT = "Description, or the text to speak"
CHART = "Address of an image of the chart"
NAME = "Your name"
MESSAGES = ("Send the image", "Send the result", "Post the failure")


def made() -> Flow:
    flow = Flow(
        "team-form", "caiTeamForm00006", "Let your team create images, voices and chart videos with a form"
    )
    fields = (
        forms.choice(TYPE, ("Image", "Voice", "Chart video")),
        forms.text(TEXT, long=True),
        forms.text(CHART, required=False, example="https://example.com/chart.png"),
        forms.text(NAME),
    )
    about = "The result is posted to our Slack channel. Each one costs credits."
    form = flow.put(
        6, 0, forms.form("The team's form", "creativeai-team", "Create with CreativeAI", about, fields)
    )
    flow.note("### 1. The form\nBehind a sign-in.", (6, 0))
    settings = (
        nodes.text("slack_channel", "C0YOURCHANNEL"),
        nodes.text("image_model", "dall-e-3"),
        nodes.text("image_size", "1024x1024"),
        nodes.text("voice", "alloy"),
        nodes.text("language", "en"),
        nodes.text("chart_style", "ken_burns"),
        nodes.number("chart_duration", 8),
        nodes.text("callback_url", f"{creativeai.CALLBACK}{DONE}"),
        nodes.text("status", f"={{{{ $json['{TYPE}'] ?? $json.status ?? '' }}}}"),
    )
    ways = {
        "Image": "Image",
        "Voice": "Voice",
        "Chart": "Chart video",
        "Completed": "completed",
        "Failed": "failed",
    }
    sort(flow, 7, 1, (form, guard(flow, 0, 2, DONE)), settings=settings, ways=ways)
    _orders(flow)
    _answers(flow)
    _end(flow)
    busy = {"Accepted?": (creativeai.BUSY_OUTPUT, "Send to CreativeAI")}
    limits.waited_out(flow, 11, 3, {each: each for each in MESSAGES}, busy=busy)
    return flow


def _orders(flow: Flow) -> None:
    callback = f"{ASKED}.callback_url + '?by=' + encodeURIComponent({ASKED}['{NAME}'])"
    prompt = f"{ASKED}['{TEXT}']"
    image = f"{{ model: {ASKED}.image_model, prompt: {prompt}, size: {ASKED}.image_size, n: 1 }}"
    voice = f"{{ text: {prompt}, voice: {ASKED}.voice, language: {ASKED}.language, webhook_url: {callback} }}"
    chart = (
        f"{{ chart_image_url: {ASKED}['{CHART}'], title: {prompt}, animation_style: {ASKED}.chart_style, "
        f"duration: {ASKED}.chart_duration, webhook_url: {callback} }}"
    )
    order = flow.put(10, 1, nodes.fields("Request", keep=True))
    for row, (name, path, body) in enumerate(
        (
            ("Prepare the image", "/v1/images/generations", image),
            ("Prepare the voice", "/api/generate/voice", voice),
            ("Prepare the chart video", "/api/generate/chart-to-video", chart),
        )
    ):
        fields = (nodes.text("path", path), {"name": "body", "value": f"={{{{ {body} }}}}", "type": "object"})
        placed = flow.put(9, row, nodes.fields(name, *fields), after=WHAT, output=row)
        flow.line(placed, order)
    flow.note("### 2. Which type?\nEach type has its own address at CreativeAI.", (9, 0), (9, 2))
    submitted = flow.put(11, 1, creativeai.ordered("Send to CreativeAI", "Request"), after=order)
    flow.note("### 3. Send", (10, 1), (12, 1))
    creativeai.answered(flow, 12, 1, submitted)
    flow.line(submitted, "Show the reason", output=1)


def _answers(flow: Flow) -> None:
    """The page at the end of the form."""
    link = "$json.body?.data?.[0]?.url"
    ready = nodes.when("Ready now?", nodes.is_true(f"={{{{ !!{link} }}}}"))
    now = flow.put(13, 0, ready, after="Accepted?")
    by = destinations.slack_text(f"{ASKED}['{NAME}']")
    sent = "$('Send to CreativeAI').first(0).json.body.data[0].url"
    text = f"=An image for {{{{ {by} }}}}: {{{{ {sent} }}}}"
    sent = flow.put(14, 0, destinations.slack("Send the image", text), after=now)
    flow.put(
        15,
        0,
        forms.ending("Show that it is ready", "Your image is ready", "The image is in our Slack channel."),
        after=sent,
    )
    waits = forms.ending(
        "Show that it is in progress",
        "In progress",
        "The result will be posted to our Slack channel in a few minutes.",
    )
    flow.put(14, 1, waits, after=now, output=1)
    flow.note("### 4. Response\nAn image is ready at once.", (13, 0), (15, 0))
    flow.note("### Later", (14, 1))
    why = forms.ending("Show the reason", "Not started", f"={{{{ {creativeai.reason()} }}}}")
    flow.put(13, 2, why, after="Accepted?", output=2)
    flow.note("### Not started\nThe page says why.", (13, 2))


def _end(flow: Flow) -> None:
    by = destinations.slack_text(f"{ASKED}.query.by")
    done = f"=Ready for {{{{ {by} }}}}: {{{{ {ASKED}.link }}}}"
    flow.put(9, 3, destinations.slack("Send the result", done), after=WHAT, output=3)
    failed = f"=Failed for {{{{ {by} }}}}: {{{{ {destinations.slack_text(f'{ASKED}.reason')} }}}}"
    flow.put(9, 4, destinations.slack("Post the failure", failed), after=WHAT, output=4)
    flow.note("### 5. The result\nPosted to the channel, with the person's name.", (9, 3), (9, 4))
    ignored(flow, 9, 5, output=5)
