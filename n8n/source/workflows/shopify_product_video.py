"""Template 3: a product that is created in Shopify gets its video, uploaded and checked until it is live."""

from n8n.source import creativeai, nodes, requests, shopify
from n8n.source.flow import Flow
from n8n.source.guard import SHOPIFY, guard
from n8n.source.sorting import WHAT, ignored, sort

START = "shopify-product-created"
DONE = "creativeai-shopify-video-done"
PRODUCT = "$('Settings').first().json"


def made() -> Flow:
    flow = Flow("shopify-product-video", "caiShopifyVideo3", "Give each new Shopify product a video")
    created = guard(flow, 0, 0, START, SHOPIFY)
    done = guard(flow, 0, 2, DONE)
    settings = (
        nodes.text("shop", "your-store"),
        *creativeai.VIDEO_SETTINGS,
        nodes.text("callback_url", f"{creativeai.CALLBACK}{DONE}"),
    )
    sort(
        flow,
        8,
        1,
        (created, done),
        settings=settings,
        ways={"New": "new", "Completed": "completed", "Failed": "failed"},
    )
    _start(flow)
    _attach(flow)
    failed = nodes.stop("Stop: it failed", "={{ 'CreativeAI could not create the video: ' + $json.reason }}")
    flow.put(10, 3, failed, after=WHAT, output=2)
    flow.note("### Failed\nShown in *Executions*.", (10, 3))
    ignored(flow, 10, 4, output=3)
    return flow


def _start(flow: Flow) -> None:
    body = creativeai.video_body(PRODUCT, f"'?product=' + encodeURIComponent({PRODUCT}.product)")
    submitted = flow.put(10, 0, creativeai.video("Create the video", body), after=WHAT)
    flow.note("### 1. Start\nCreativeAI calls back.", (10, 0))
    accepted = creativeai.answered(flow, 11, 0, submitted)
    why = nodes.stop("Stop: not started", f"={{{{ {creativeai.REASON} }}}}")
    stopped = flow.put(12, 1, why, after=accepted, output=2)
    flow.line(submitted, stopped, output=1)
    flow.note("### Not started\nShown in *Executions*.", (12, 1))


def _attach(flow: Flow) -> None:
    last = flow.put(10, 2, requests.size_of("Get the file size", "={{ $json.link }}"), after=WHAT, output=1)
    for column, node in enumerate(
        (
            shopify.stage("Create an upload target"),
            requests.download("Fetch the video", "={{ $('Settings').first().json.link }}"),
            shopify.upload("Upload it"),
            shopify.attach("Attach it to the product"),
        ),
        11,
    ):
        last = flow.put(column, 2, node, after=last)
    flow.note(
        "### 2. Upload and attach\nShopify accepts no external address for a video: it creates an upload "
        "target for exactly this many bytes, and the file is sent there with the given fields in order.",
        (10, 2),
        (14, 2),
    )
    paused = flow.put(15, 2, nodes.wait("Wait for Shopify", 10), after=last)
    submitted = flow.put(16, 2, shopify.standing("Get the media status"), after=paused)
    stands = flow.put(17, 2, shopify.stands("Which media status?"), after=submitted)
    flow.line(stands, paused, output=3)
    flow.note("### 3. Until it is live\nPolled every 10 s, up to ten minutes.", (15, 2), (17, 2))
    flow.put(18, 2, nodes.nothing("It is live"), after=stands, output=1)
    why = nodes.stop("Stop: not attached", shopify.WHY)
    stopped = flow.put(18, 3, why, after=stands)
    flow.line(stands, stopped, output=2)
    flow.line(stands, stopped, output=4)
    flow.note("### Live\nReplace this with your own steps.", (18, 2))
    flow.note("### Not attached\nShown in *Executions*, with Shopify's message.", (18, 3))
