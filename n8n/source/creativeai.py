"""Calls of CreativeAI's API: the requests, and what happens to each response.

https://creativeai.run/api-docs. A change of the API is a change of this file.
"""

from collections.abc import Mapping
from typing import Any

from n8n.source import limits, nodes, requests
from n8n.source.credentials import CREATIVEAI
from n8n.source.flow import Flow, Node

HOST = "https://api.creativeai.run"
_WHOLE = {"fullResponse": True, "neverError": True}  # an error is a response too: the next node decides
# No retryOnFail: a request whose response was lost may have cost credits.
_ONCE = {"onError": "continueErrorOutput"}
TRIES = 60  # of one execution while CreativeAI is busy: about ten minutes and more
CALLBACK = "={{ $execution.resumeUrl.split('/webhook-waiting')[0] }}/webhook/"


# Why a submit was not accepted; without a response n8n adds `error`.
def reason(response: str = "$json") -> str:
    return (
        f"({response}.error ? 'CreativeAI did not respond. The generation may have started and cost credits: "
        f"check your dashboard before you retry.' : ({response}.body?.error?.message ?? 'CreativeAI rejected "
        f"the request with status ' + {response}.statusCode + '.'))"
    )


def response_of(submit: str) -> str:
    """Its newest, on either output, for a node that may be come back to."""
    return f"($('{submit}').all(0)[0] ?? $('{submit}').all(1)[0]).json"


def outcome(response: str = "$json") -> str:
    return f"({response}.error ? 'No response' : 'Not started')"


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
    order_fields = f"$('{order}').first().json"
    return submit(name, f"={HOST}{{{{ {order_fields}.path }}}}", f"{order_fields}.body")


def edit(name: str, prompt: str) -> Node:
    """The picture is the binary `data`. The response has the result: 200 with data[].url."""
    return _sent(
        name,
        "/v1/images/edits",
        requests.form_body("image", ("model", "seedream-v4.5-edit"), ("prompt", prompt)),
    )


def answered(
    flow: Flow, column: int, row: int, submitted: str, *, name: str = "Accepted?", what: str = "Accepted"
) -> str:
    """Routes the response to a submit. Outputs of the node whose name comes back: `what`, Busy, Rejected.

    503 and 429 are the only responses after which nothing was started for certain and a retry is safe: Busy
    is for `limits.waited_out`. The error output of the submit, no response, is for the caller to connect.
    """
    ways = {
        what: nodes.is_true("={{ $json.statusCode >= 200 && $json.statusCode < 300 }}"),
        "Busy": nodes.is_true(f"={{{{ {limits.BUSY} && $runIndex < {TRIES} }}}}"),
    }
    return flow.put(column, row, nodes.switch(name, ways, "Rejected"), after=submitted)


BUSY_OUTPUT = 1
