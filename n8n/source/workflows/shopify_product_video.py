"""Template 3: a product that is created in Shopify gets its video, uploaded and watched until it is live."""

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
    failed = nodes.stop("Stop: it failed", "={{ 'CreativeAI made no video: ' + $json.reason }}")
    flow.put(10, 3, failed, after=WHAT, output=2)
    flow.note("### Failed\nSeen in *Executions*.", (10, 3))
    ignored(flow, 10, 4, output=3)
    return flow


def _start(flow: Flow) -> None:
    body = creativeai.video_body(PRODUCT, f"'?product=' + encodeURIComponent({PRODUCT}.product)")
    asked = flow.put(10, 0, creativeai.video("Ask for the video", body), after=WHAT)
    flow.note("### 1. Start\nCreativeAI calls back.", (10, 0))
    taken = creativeai.answered(flow, 11, 0, asked)
    why = nodes.stop("Stop: not started", f"={{{{ {creativeai.REASON} }}}}")
    stopped = flow.put(12, 1, why, after=taken, output=2)
    flow.line(asked, stopped, output=1)
    flow.note("### Not started\nSeen in *Executions*.", (12, 1))


def _attach(flow: Flow) -> None:
    last = flow.put(10, 2, requests.size_of("How large is it?", "={{ $json.link }}"), after=WHAT, output=1)
    for column, node in enumerate(
        (
            shopify.stage("Ask Shopify for a place"),
            requests.download("Fetch the video", "={{ $('Settings').first().json.link }}"),
            shopify.upload("Upload it"),
            shopify.attach("Attach it to the product"),
        ),
        11,
    ):
        last = flow.put(column, 2, node, after=last)
    flow.note(
        "### 2. Upload and attach\nShopify takes no foreign address for a video: it gives a place for "
        "exactly so "
        "many bytes, and the file goes there with its own fields in its own order.",
        (10, 2),
        (14, 2),
    )
    paused = flow.put(15, 2, nodes.wait("Give Shopify time", 10), after=last)
    asked = flow.put(16, 2, shopify.standing("Ask how it stands"), after=paused)
    stands = flow.put(17, 2, shopify.stands("How does it stand?"), after=asked)
    flow.line(stands, paused, output=3)
    flow.note("### 3. Until it is live\nAsked every 10 s, up to ten minutes.", (15, 2), (17, 2))
    flow.put(18, 2, nodes.nothing("It is live"), after=stands, output=1)
    why = nodes.stop("Stop: not attached", shopify.WHY)
    stopped = flow.put(18, 3, why, after=stands)
    flow.line(stands, stopped, output=2)
    flow.line(stands, stopped, output=4)
    flow.note("### Live\nReplace this by your own steps.", (18, 2))
    flow.note("### Not attached\nSeen in *Executions*, with Shopify's words.", (18, 3))
