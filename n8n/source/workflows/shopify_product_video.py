"""Template 3: a product that is created in Shopify gets its video, uploaded and checked until it is live."""

from n8n.source import creativeai, limits, nodes, requests, shopify
from n8n.source.flow import Flow
from n8n.source.guard import SHOPIFY, guard
from n8n.source.sorting import WHAT, sort

START = "shopify-product-created"
DONE = "creativeai-shopify-video-done"
PRODUCT = "$('Settings').first().json"
SAYS = "What does Shopify say?"


def made() -> Flow:
    flow = Flow("shopify-product-video", "caiShopifyVideo3", "Give each new Shopify product a video")
    created = guard(flow, 0, 0, START, SHOPIFY)
    done = guard(flow, 0, 2, DONE)
    settings = (
        nodes.text("shop", "your-store"),
        *creativeai.VIDEO_SETTINGS,
        nodes.text("callback_url", f"{creativeai.CALLBACK}{DONE}"),
    )
    ways = {"New": "new", "Completed": "completed", "Failed": "failed"}
    sort(flow, 8, 1, (created, done), settings=settings, ways=ways)
    _start(flow)
    _attach(flow)
    steps = {shopify.STAGE: shopify.STAGE, shopify.STATUS: shopify.STATUS}
    busy = {"Accepted?": (creativeai.BUSY_OUTPUT, "Create the video"), SAYS: (0, "")}
    limits.waited_out(flow, 11, 3, steps, busy=busy, named={shopify.ATTACH: shopify.ATTACH})
    return flow


def _start(flow: Flow) -> None:
    body = creativeai.video_body(PRODUCT, f"'?product=' + encodeURIComponent({PRODUCT}.product)")
    submitted = flow.put(10, 0, creativeai.video("Create the video", body), after=WHAT)
    accepted = creativeai.answered(flow, 11, 0, submitted)
    flow.note("### 1. Start\nCreativeAI calls back.", (10, 0), (11, 0))
    failed = (
        "'CreativeAI could not create the video: ' + $json.reason"  # a callback has it, a response does not
    )
    why = f"={{{{ $json.reason === undefined ? {creativeai.reason()} : {failed} }}}}"
    stopped = flow.put(12, 0, nodes.stop("Stop: no video", why), after=accepted, output=2)
    flow.line(submitted, stopped, output=1)
    flow.line(WHAT, stopped, output=2)
    flow.note("### No video\nShown in *Executions*.", (12, 0))


def _attach(flow: Flow) -> None:
    """Every response of Shopify passes one place, which reads what it refused."""
    sized = flow.put(10, 2, requests.size_of("Get the file size", "={{ $json.link }}"), after=WHAT, output=1)
    staged = flow.put(11, 2, shopify.stage(shopify.STAGE), after=sized)
    video = requests.download("Fetch the video", "={{ $('Settings').first().json.link }}")
    fetched = flow.put(13, 1, video)
    uploaded = flow.put(14, 1, shopify.upload("Upload it"), after=fetched)
    attached = flow.put(15, 1, shopify.attach(shopify.ATTACH), after=uploaded)
    flow.note(
        "### 2. Upload and attach\nShopify accepts no external address for a video: it creates an upload "
        "target for exactly this many bytes.",
        (13, 1),
        (15, 1),
    )
    read = flow.put(12, 2, shopify.read(), after=staged)
    flow.line(attached, read)
    says = flow.put(13, 2, shopify.sorted_response(SAYS), after=read)
    flow.note("### What does Shopify say?\nIt refuses with status 200 too.", (10, 2), (13, 2))
    flow.line(says, fetched, output=1)
    paused = flow.put(14, 2, nodes.wait("Wait for Shopify", 10), after=says, output=2)
    flow.line(says, paused, output=4)
    flow.line(flow.put(15, 2, shopify.media_status(shopify.STATUS), after=paused), read)
    flow.note("### 3. Until it is live\nPolled every 10 s.", (14, 2), (15, 2))
    flow.put(16, 2, nodes.nothing("It is live"), after=says, output=3)
    flow.note("### Live\nReplace this with your own steps.", (16, 2))
    stopped = flow.put(16, 3, nodes.stop("Stop: not attached", shopify.WHY), after=says, output=5)
    flow.line(attached, stopped, output=1)
    flow.note("### Not attached\nShown in *Executions*, with Shopify's message.", (16, 3))
