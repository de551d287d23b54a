"""The sandbox's own view of its Slack, /sandbox/slack, and the settings for tests and the demo.

No service has these addresses.
"""

import html
from typing import Any

from flask import Blueprint, jsonify, render_template_string, request
from flask.typing import ResponseReturnValue

from sandbox import validation
from sandbox.slack.workspace import Workspace

TOKEN_RULES: dict[str, validation.Rule] = {
    "token": validation.text,
    "scopes": validation.list_of(validation.text, 50),
}
CHANNEL_RULES: dict[str, validation.Rule] = {
    "id": validation.text,
    "name": validation.text,
    "is_member": validation.flag,
    "is_archived": validation.flag,
}
IMAGE_RULES: dict[str, validation.Rule] = {"url": validation.address}

PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Slack on this machine</title>
{% macro show(message) %}
<article id="{{ message.ts }}">
{% for line in message.lines %}<p style="white-space: pre-wrap">{{ line }}</p>
{% endfor %}
{% for image in message.images %}<img src="{{ image.url }}" alt="{{ image.alt }}" height="120">
{% endfor %}
{% for button in message.buttons %}<a href="{{ button.url }}" rel="noreferrer">{{ button.label }}</a>
{% endfor %}
</article>
{% endmacro %}
{% for channel in channels %}
<h1>#{{ channel.name }}: {{ channel.messages|length }} messages</h1>
{% for message in channel.messages|reverse %}
<hr>{{ show(message) }}
{% if message.replies %}<details open><summary>{{ message.replies|length }} replies</summary>
{% for reply in message.replies %}<blockquote>{{ show(reply) }}</blockquote>
{% endfor %}</details>
{% endif %}
{% endfor %}
{% endfor %}
</html>
"""


def page(routes: Blueprint, workspace: Workspace) -> None:
    @routes.get("/sandbox/slack")
    def show() -> ResponseReturnValue:
        """A page for a browser, JSON for other clients: channels, their messages, their replies."""
        channels = [
            channel | {"messages": _with_replies(workspace, channel["id"])}
            for channel in workspace.channels()
        ]
        if request.accept_mimetypes.best_match(["application/json", "text/html"]) != "text/html":
            return jsonify(channels=channels)
        for channel in channels:
            channel["messages"] = [
                _readable(each) | {"replies": [_readable(reply) for reply in each["replies"]]}
                for each in channel["messages"]
            ]
        return render_template_string(PAGE, channels=channels)

    @routes.post("/sandbox/slack/tokens")
    def add_token() -> ResponseReturnValue:
        """A token with these scopes; without scopes it is revoked."""
        given = validation.check(request.get_json(), TOKEN_RULES, required=("token",))
        if "scopes" in given:
            workspace.add_token(given["token"], given["scopes"])
        else:
            workspace.remove_token(given["token"])
        return jsonify(accepted=given), 202

    @routes.post("/sandbox/slack/channels")
    def set_channel() -> ResponseReturnValue:
        given = validation.check(request.get_json(), CHANNEL_RULES, required=("id",))
        workspace.set_channel(given["id"], **{name: given[name] for name in CHANNEL_RULES if name in given})
        return jsonify(accepted=given), 202

    @routes.post("/sandbox/slack/broken-images")
    def break_image() -> ResponseReturnValue:
        given = validation.check(request.get_json(), IMAGE_RULES, required=("url",))
        workspace.break_image(given["url"])
        return jsonify(accepted=given), 202


def _with_replies(workspace: Workspace, channel_id: str) -> list[dict[str, Any]]:
    return [
        message | {"replies": workspace.messages(channel_id, message["ts"])[1:]}
        for message in workspace.messages(channel_id)
    ]


def _readable(message: dict[str, Any]) -> dict[str, Any]:
    """What a reader of the channel sees: blocks where there are any, else the text."""
    blocks = message.get("blocks") or [{"type": "section", "text": {"text": message.get("text", "")}}]
    elements = [each for block in blocks for each in block.get("elements", [])]
    texts = [each["text"] for each in (*blocks, *elements) if "text" in each and "url" not in each]
    return {
        "ts": message["ts"],
        "lines": [html.unescape(each["text"] if isinstance(each, dict) else each) for each in texts],
        "images": [
            {"url": each["image_url"], "alt": each["alt_text"]}
            for each in blocks
            if each["type"] == "image" and _is_web(each["image_url"])
        ],
        "buttons": [
            {"url": each["url"], "label": each["text"]["text"]}
            for each in elements
            if "url" in each and _is_web(each["url"])
        ],
    }


def _is_web(url: str) -> bool:
    return url.startswith(("https://", "http://"))
