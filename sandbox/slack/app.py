"""Slack on this machine: an incoming webhook, POST /services/<team>/<bot>/<token>, and the Web API.

https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks. Every request is in the inbox
`slack`; the messages are on the page /sandbox/slack, those of every webhook in the channel `C0SANDBOX`.
"""

import json
from collections.abc import Callable

from flask import Blueprint, Response, request

from sandbox.config import Config
from sandbox.inboxes import Inboxes
from sandbox.slack.page import page
from sandbox.slack.web_api import WebApi, api
from sandbox.slack.workspace import SlackError, Workspace

INBOX = "slack"


def slack(config: Config, inboxes: Inboxes) -> Blueprint:
    routes = Blueprint("slack", __name__)
    workspace = Workspace(config)

    def keep(usual: Callable[[], Response]) -> Response:
        return inboxes.respond(INBOX, usual)

    @routes.post("/services/<team>/<bot>/<token>")
    def incoming(team: str, bot: str, token: str) -> Response:  # noqa: ARG001 - any hook exists here
        return keep(lambda: _answer(_taken(workspace, request.get_data())))

    api(routes, WebApi(workspace), keep)
    page(routes, workspace)
    return routes


def _answer(error: str) -> Response:
    return Response(error or "ok", status=400 if error else 200, mimetype="text/html")


def _taken(workspace: Workspace, raw: bytes) -> str:
    """Slack's word for what is wrong with a message, or nothing, and it is in the channel."""
    try:
        message = json.loads(raw)
    except ValueError:
        return "invalid_payload"
    if not isinstance(message, dict):
        return "invalid_payload"
    try:
        workspace.post_by_hook(message)
    except SlackError as error:
        return str(error)
    return ""
