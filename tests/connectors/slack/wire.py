"""Slack's Web API as `responses` plays it, and what of a call its readers see."""

import html
import json
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs

import pytest
from responses import RequestsMock
from slack_sdk.models.blocks import Block

from connectors.base import Done, NotYet
from relay.errors import RemoteError
from relay.models.core import Result
from tests.connectors.contract import (
    CONTEXT,
    KEY,
    NOW,
    VIDEO,
    Case,
    Kept,
    Refusal,
    StandingContract,
)
from tests.connectors.files import NoFiles

URL = "https://hooks.slack.com/services/T0000/B0000/s3cretS3cretS3cret"
API = "https://slack.com/api/"
TOKEN = "xoxb-1111-2222-s3cretS3cret"
CHANNEL = "C0123"
METHODS = (
    *("auth.test", "chat.postMessage", "chat.update", "chat.delete"),
    *("conversations.info", "conversations.history", "conversations.replies"),
)
WRITES = ("chat.postMessage", "chat.update")
HEADINGS = {"in the making": "processing", "failed": "failed", "ready": "completed"}
IN_BATCH = replace(VIDEO, vendor_batch_id="vb_1")


def no(word: str, **more: Any) -> str:
    return json.dumps({"ok": False, "error": word, **more})


def method(call: Any) -> str:
    return str(call.request.url).removeprefix(API)


def sent(net: RequestsMock, *methods: str) -> list[dict[str, Any]]:
    """The JSON of these calls, oldest first."""
    return [json.loads(call.request.body) for call in net.calls if method(call) in (methods or WRITES)]


def form(call: Any) -> dict[str, list[str]]:
    return parse_qs(call.request.body.decode())


def stub(net: RequestsMock, name: str, *answers: str | Refusal | Exception) -> None:
    """These answers in turn, the last one from then on."""
    left = list(answers)

    def reply(_: Any) -> tuple[int, dict[str, str], str]:
        answer = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(answer, BaseException):
            raise answer
        given = answer if isinstance(answer, Refusal) else Refusal(200, answer)
        return given.status, dict(given.headers), given.body

    net.add_callback("POST", API + name, reply)


def accepts(net: RequestsMock, *besides: str) -> None:
    """All methods, but for those that the test stubs itself."""
    answers = {
        "auth.test": {"ok": True, "team": "Acme", "user": "relay", "team_id": "T1"},
        "conversations.info": {"ok": True, "channel": {"id": CHANNEL, "name": "films", "is_member": True}},
        "conversations.history": {"ok": True, "messages": []},
        "conversations.replies": {"ok": True, "messages": []},
    }

    def post(_: Any) -> tuple[int, dict[str, str], str]:
        posts = sum(method(call) == "chat.postMessage" for call in net.calls)
        return 200, {}, json.dumps({"ok": True, "channel": CHANNEL, "ts": f"170000000{posts}.000100"})

    for name in METHODS:
        if name == "chat.postMessage" and name not in besides:
            net.add_callback("POST", API + name, post)
        elif name not in besides:
            net.post(API + name, json=answers.get(name, {"ok": True}))


def refuses(net: RequestsMock, answer: Refusal | Exception) -> None:
    for name in METHODS:
        stub(net, name, answer)


def validate(block: dict[str, Any]) -> None:
    """By Slack's own library, which knows most limits."""
    parsed = Block.parse(block)
    assert parsed is not None
    parsed.validate_json()


def visible(message: dict[str, Any]) -> str:
    for block in message.get("blocks", []):
        validate(block)
    parts = [message["text"]]
    for block in message.get("blocks", []):
        texts = [block.get("text", {}), *block.get("elements", [])]
        parts += [each["text"] for each in texts if isinstance(each.get("text"), str)]
        parts += [each["url"] for each in block.get("elements", []) if "url" in each]
    return html.unescape("\n".join(parts))


def shown(net: RequestsMock) -> str:
    return visible(sent(net)[-1])


def standing(net: RequestsMock) -> list[str]:
    """What each posted message says after all changes."""
    messages: dict[str, str] = {}
    for call in net.calls:
        if method(call) in WRITES:
            fields = json.loads(call.request.body or b"")
            heading = fields["blocks"][0]["text"]["text"]
            ts = fields.get("ts") or f"170000000{len(messages)}.000100"
            messages[ts] = next(status for words, status in HEADINGS.items() if heading.endswith(words))
    return list(messages.values())


OF_CONNECTION = (
    *("invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired", "missing_scope"),
    *("no_permission", "channel_not_found", "not_in_channel", "is_archived", "restricted_action"),
    *("restricted_action_read_only_channel", "ekm_access_denied", "not_allowed_token_type"),
)


class Bot(StandingContract):
    """A connector by bot token, and its side of the contract."""

    case = Case(
        kind="slack",
        options={"bot_token": TOKEN, "channel": CHANNEL},
        secrets=(TOKEN,),
        accepts=accepts,
        refuses=refuses,
        shown=shown,
        keys=None,
        refusals={
            "transient": (
                *(Refusal(200, no(w)) for w in ("internal_error", "fatal_error", "service_unavailable")),
                *(
                    Refusal(200, no(w))
                    for w in ("request_timeout", "team_added_to_org", "a_word_of_tomorrow")
                ),
                Refusal(200, "<html>Welcome to the hotel</html>"),
                Refusal(503, no("service_unavailable")),
            ),
            "record": (
                *(Refusal(200, no(w)) for w in ("invalid_blocks", "invalid_blocks_format", "no_text")),
                *(Refusal(200, no(w)) for w in ("msg_blocks_too_long", "msg_too_long", "invalid_arguments")),
                Refusal(418, "teapot"),
            ),
            "connection": tuple(Refusal(200, no(word)) for word in OF_CONNECTION),
        },
        longest=300,
        standing=standing,
    )

    def attempt(self, memory: Kept, result: Result = VIDEO, key: str = KEY) -> Done | NotYet:
        """One attempt alone."""
        return self.make().deliver(result, CONTEXT, key, memory, NoFiles(), NOW)

    def failure_of(self, memory: Kept) -> RemoteError:
        """With what the test has stubbed."""
        with pytest.raises(RemoteError) as caught:
            self.deliver(memory=memory)
        return caught.value


BOT = Bot()
