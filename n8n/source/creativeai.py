"""Calls of CreativeAI's API: what is asked of it, and what happens to each answer.

https://creativeai.run/api-docs. A change of the API is a change of this file.
"""

from collections.abc import Mapping
from typing import Any

from n8n.source import nodes, requests
from n8n.source.credentials import CREATIVEAI
from n8n.source.flow import Flow, Node

HOST = "https://api.creativeai.run"
_TOLD = {"fullResponse": True, "neverError": True}  # a refusal is an answer: the next node decides
_ONCE = {"onError": "continueErrorOutput"}  # no retryOnFail: a lost answer may have cost credits
TRIES = 6
CALLBACK = "={{ $execution.resumeUrl.split('/webhook-waiting')[0] }}/webhook/"

# What is known after a submit that was not taken; where no answer came, n8n puts `error` beside the rest.
REASON = (
    "$json.error ? 'CreativeAI did not answer. It may have started all the same: look at your dashboard "
    "before you try again.' : ($json.body?.error?.message ?? 'CreativeAI refused it with the status ' + "
    "$json.statusCode + '.')"
)
NOT_STARTED = "={{ $json.error ? 'No answer' : 'Not started' }}"

VIDEO_SETTINGS = (
    nodes.text("model", "auto"),
    nodes.number("duration", 5),
    nodes.text("aspect_ratio", "9:16"),
    nodes.text("usual_prompt", "Slow camera push in on the product, natural motion, soft studio light"),
)


def video_body(wish: str, query: str) -> str:
    """Of a video from a picture. `wish` is where the settings and the product stand; `query` is what the
    callback's address carries, since nothing else that we send comes back."""
    return (
        f"{{ model: {wish}.model, prompt: {wish}.prompt || {wish}.usual_prompt, image_url: {wish}.image_url, "
        f"duration: {wish}.duration, aspect_ratio: {wish}.aspect_ratio, "
        f"webhook_url: {wish}.callback_url + {query} }}"
    )


def submit(name: str, path: str, body: str) -> Node:
    """Asks for something. Output 0: an answer, whatever it says; 1: none came."""
    return _asked(name, path, requests.json_body(body))


def _asked(name: str, path: str, body: Mapping[str, Any]) -> Node:
    url = path if path.startswith("=") else f"{HOST}{path}"
    return requests.request(
        name, "POST", url, credential=CREATIVEAI, body=body, response=_TOLD, seconds=120, settings=_ONCE
    )


def video(name: str, body: str) -> Node:
    return submit(name, "/v1/video/generations", body)


def batch(name: str, body: str) -> Node:
    """1 to 20 videos by one call, told of by one callback."""
    return submit(name, "/v1/video/generations/batch", body)


def ordered(name: str, order: str) -> Node:
    """Whatever the node `order` says: its `path` and `body`."""
    wanted = f"$('{order}').item.json"
    return submit(name, f"={HOST}{{{{ {wanted}.path }}}}", f"{wanted}.body")


def edit(name: str, prompt: str) -> Node:
    """The picture is the binary `data`. Answered at once: 200 with data[].url."""
    return _asked(
        name,
        "/v1/images/edits",
        requests.form_body("image", ("model", "seedream-v4.5-edit"), ("prompt", prompt)),
    )


def answered(
    flow: Flow,
    column: int,
    row: int,
    asked: str,
    *,
    name: str = "Taken?",
    suffix: str = "",
    what: str = "Taken",
    again: str = "",
    tries: int = TRIES,
) -> str:
    """Sorts the answer to a submit, and waits and asks again while CreativeAI is busy, one row below.

    Output 0 of the node whose name comes back is `what`, output 2 "Refused"; the error output of the submit
    is for the caller to connect. 503 and 429 are the only answers after which nothing was started for certain
    and another try may do. `tries` counts all that pass here in one execution; `again` is where it goes back
    to, if not to the submit.
    """
    busy = f"={{{{ [429, 503].includes($json.statusCode) && $runIndex < {tries - 1} }}}}"
    ways = {
        what: nodes.is_true("={{ $json.statusCode >= 200 && $json.statusCode < 300 }}"),
        "Busy": nodes.is_true(busy),
    }
    sorted_ = flow.put(column, row, nodes.switch(name, ways, "Refused"), after=asked)
    pause = nodes.wait(
        f"Wait, then ask again{suffix}",
        "={{ Number($json.headers['retry-after']) || 10 }}",
    )
    paused = flow.put(column, row + 1, pause, after=sorted_, output=1)
    flow.line(paused, again or asked)
    flow.note("### Busy?\nThen asked again a little later.", (column, row), (column, row + 1))
    return sorted_
