"""Calls of CreativeAI's API: the requests, and what happens to each response.

https://creativeai.run/api-docs. A change of the API is a change of this file.
"""

from collections.abc import Mapping
from typing import Any

from n8n.source import nodes, requests
from n8n.source.credentials import CREATIVEAI
from n8n.source.flow import Flow, Node

HOST = "https://api.creativeai.run"
_WHOLE = {"fullResponse": True, "neverError": True}  # an error is a response too: the next node decides
# No retryOnFail: a request whose response was lost may have cost credits.
_ONCE = {"onError": "continueErrorOutput"}
TRIES = 6
CALLBACK = "={{ $execution.resumeUrl.split('/webhook-waiting')[0] }}/webhook/"

# Why a submit was not accepted; without a response n8n adds `error`.
REASON = (
    "$json.error ? 'CreativeAI did not respond. The generation may have started and cost credits: check your "
    "dashboard before you retry.' : ($json.body?.error?.message ?? 'CreativeAI rejected the request with "
    "status ' + $json.statusCode + '.')"
)
NOT_STARTED = "={{ $json.error ? 'No response' : 'Not started' }}"

VIDEO_SETTINGS = (
    nodes.text("model", "auto"),
    nodes.number("duration", 5),
    nodes.text("aspect_ratio", "9:16"),
    nodes.text("usual_prompt", "Slow camera push in on the product, natural motion, soft studio light"),
)


def video_body(item: str, query: str) -> str:
    """Of a video from a picture. `item` has the settings and the product; `query` is added to the callback's
    address, since nothing else that we send comes back."""
    return (
        f"{{ model: {item}.model, prompt: {item}.prompt || {item}.usual_prompt, image_url: {item}.image_url, "
        f"duration: {item}.duration, aspect_ratio: {item}.aspect_ratio, "
        f"webhook_url: {item}.callback_url + {query} }}"
    )


def submit(name: str, path: str, body: str) -> Node:
    """Sends a request. Output 0: a response, whatever its status; 1: none."""
    return _sent(name, path, requests.json_body(body))


def _sent(name: str, path: str, body: Mapping[str, Any]) -> Node:
    url = path if path.startswith("=") else f"{HOST}{path}"
    return requests.request(
        name, "POST", url, credential=CREATIVEAI, body=body, response=_WHOLE, seconds=120, settings=_ONCE
    )


def video(name: str, body: str) -> Node:
    return submit(name, "/v1/video/generations", body)


def batch(name: str, body: str) -> Node:
    """1 to 20 videos by one call, reported by one callback."""
    return submit(name, "/v1/video/generations/batch", body)


def ordered(name: str, order: str) -> Node:
    """Sends the `path` and `body` that the node `order` has."""
    order_fields = f"$('{order}').item.json"
    return submit(name, f"={HOST}{{{{ {order_fields}.path }}}}", f"{order_fields}.body")


def edit(name: str, prompt: str) -> Node:
    """The picture is the binary `data`. The response has the result: 200 with data[].url."""
    return _sent(
        name,
        "/v1/images/edits",
        requests.form_body("image", ("model", "seedream-v4.5-edit"), ("prompt", prompt)),
    )


def answered(
    flow: Flow,
    column: int,
    row: int,
    submitted: str,
    *,
    name: str = "Accepted?",
    suffix: str = "",
    what: str = "Accepted",
    again: str = "",
    tries: int = TRIES,
) -> str:
    """Routes the response to a submit, and waits and retries while CreativeAI is busy, one row below.

    Output 0 of the node whose name comes back is `what`, output 2 "Rejected"; the error output of the submit
    is for the caller to connect. 503 and 429 are the only responses after which nothing was started for
    certain and a retry is safe. `tries` counts all that pass here in one execution; `again` is where to retry
    from, if not the submit.
    """
    busy = f"={{{{ [429, 503].includes($json.statusCode) && $runIndex < {tries - 1} }}}}"
    ways = {
        what: nodes.is_true("={{ $json.statusCode >= 200 && $json.statusCode < 300 }}"),
        "Busy": nodes.is_true(busy),
    }
    sorted_ = flow.put(column, row, nodes.switch(name, ways, "Rejected"), after=submitted)
    pause = nodes.wait(
        f"Wait, then retry{suffix}",
        "={{ Number($json.headers['retry-after']) || 10 }}",
    )
    paused = flow.put(column, row + 1, pause, after=sorted_, output=1)
    flow.line(paused, again or submitted)
    flow.note("### Busy?\nRetried a little later.", (column, row), (column, row + 1))
    return sorted_
