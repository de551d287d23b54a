"""Slack's Web API for bots: /api/<method>, with tokens, scopes, channels and limits as Slack's.

https://docs.slack.dev/apis/web-api/ and the page of each method. Refusals are HTTP 200 with `ok` false, but
for the limits of rate. Which thread a message may answer, and how a broken picture is reported, is seen, not
documented.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, Response, g, jsonify, request

from sandbox.slack.workspace import TEAM, SlackError, Workspace

Fields = Mapping[str, Any]
Scopes = tuple[str, ...]
READ = ("channels:read", "groups:read")
HISTORY = ("channels:history", "groups:history")
WRITE = ("chat:write",)


class WebApi:
    """Each method reads the fields, asks the workspace, and makes Slack's answer."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._methods: dict[str, tuple[Scopes, Callable[[Fields, Scopes], dict[str, Any]]]] = {
            "auth.test": ((), self._auth_test),
            "chat.postMessage": (WRITE, self._post),
            "chat.update": (WRITE, self._update),
            "chat.delete": (WRITE, self._delete),
            "conversations.history": (HISTORY, self._history),
            "conversations.replies": (HISTORY, self._replies),
            "conversations.info": (READ, self._info),
        }

    def answer(self, method: str) -> Response:
        """To the current request."""
        try:
            response = jsonify(ok=True, **self._call(method))
        except SlackError as error:
            response = jsonify(error.body)
            if error.retry_after is not None:
                response.status_code = 429
                response.headers["Retry-After"] = str(error.retry_after)
        response.headers["X-OAuth-Scopes"] = ",".join(g.get("scopes", ()))
        return response

    def _call(self, method: str) -> dict[str, Any]:
        if method not in self._methods:
            raise SlackError("unknown_method")
        g.scopes = scopes = self._workspace.scopes(request.headers.get("Authorization", ""))
        needed, call = self._methods[method]
        if needed and not set(needed) & set(scopes):
            raise SlackError("missing_scope", needed=needed[0], provided=",".join(scopes))
        return call(_fields(), scopes)

    def _auth_test(self, fields: Fields, scopes: Scopes) -> dict[str, Any]:  # noqa: ARG002 - as the others
        about = {"url": "https://sandbox.slack.com/", "team": "Sandbox", "user": "creativeai"}
        return about | {"team_id": TEAM, "user_id": "U0SANDBOX", "bot_id": "B0SANDBOX"}

    def _post(self, fields: Fields, scopes: Scopes) -> dict[str, Any]:
        channel = str(fields.get("channel", ""))
        message = self._workspace.post(channel, fields, public="chat:write.public" in scopes)
        return {"channel": channel, "ts": message["ts"], "message": _shown(message, metadata=False)}

    def _update(self, fields: Fields, scopes: Scopes) -> dict[str, Any]:  # noqa: ARG002 - as the others
        channel, ts = str(fields.get("channel", "")), str(fields.get("ts", ""))
        message = self._workspace.update(channel, ts, fields)
        return {"channel": channel, "ts": ts, "text": message.get("text", "")}

    def _delete(self, fields: Fields, scopes: Scopes) -> dict[str, Any]:  # noqa: ARG002 - as the others
        channel, ts = str(fields.get("channel", "")), str(fields.get("ts", ""))
        self._workspace.delete(channel, ts)
        return {"channel": channel, "ts": ts}

    def _info(self, fields: Fields, scopes: Scopes) -> dict[str, Any]:  # noqa: ARG002 - as the others
        return {"channel": self._workspace.about(str(fields.get("channel", "")))}

    def _history(self, fields: Fields, scopes: Scopes) -> dict[str, Any]:  # noqa: ARG002 - as the others
        """The newest first."""
        messages = self._workspace.messages(str(fields.get("channel", "")))
        return _page([each for each in reversed(messages) if _within(each, fields)], fields, 100)

    def _replies(self, fields: Fields, scopes: Scopes) -> dict[str, Any]:  # noqa: ARG002 - as the others
        """The parent, whenever it was posted, then the replies, the oldest first."""
        messages = self._workspace.messages(str(fields.get("channel", "")), str(fields.get("ts", "")))
        return _page([*messages[:1], *(each for each in messages[1:] if _within(each, fields))], fields, 1000)


def api(routes: Blueprint, web_api: WebApi, keep: Callable[[Callable[[], Response]], Response]) -> None:
    @routes.route("/api/<method>", methods=["GET", "POST"])
    def call(method: str) -> Response:
        return keep(lambda: web_api.answer(method))


def _fields() -> Fields:
    """As JSON or as a form, in which what is no text is JSON again."""
    if request.mimetype != "application/json":
        given = {**request.args.to_dict(), **request.form.to_dict()}
        return given | {name: _parsed(given[name]) for name in ("blocks", "metadata") if name in given}
    fields = _parsed(request.get_data(as_text=True) or "{}")
    if not isinstance(fields, dict):
        raise SlackError("json_not_object")
    return fields


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        raise SlackError("invalid_json") from None


def _within(message: Mapping[str, Any], fields: Fields) -> bool:
    ts, inclusive = float(message["ts"]), str(fields.get("inclusive", "")).lower() in ("1", "true")
    oldest, latest = float(fields.get("oldest") or 0), float(fields.get("latest") or "inf")
    return oldest < ts < latest or (inclusive and ts in (oldest, latest))


def _page(messages: list[dict[str, Any]], fields: Fields, usual: int) -> dict[str, Any]:
    start, limit = int(fields.get("cursor") or 0), min(999, int(fields.get("limit") or usual))
    metadata = str(fields.get("include_all_metadata", "")).lower() in ("1", "true")
    more = start + limit < len(messages)
    return {
        "messages": [_shown(each, metadata=metadata) for each in messages[start : start + limit]],
        "has_more": more,
        "response_metadata": {"next_cursor": str(start + limit) if more else ""},
    }


def _shown(message: Mapping[str, Any], *, metadata: bool) -> dict[str, Any]:
    hidden = {"thread_ts"} if not message["thread_ts"] else set()
    hidden |= set() if metadata else {"metadata"}
    return {key: value for key, value in message.items() if key not in hidden}
