"""Slack: each result as a message in the channel of an incoming webhook.

https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field, SecretStr, field_validator

from connectors import base
from connectors.base import Checked, Done, Memory, Options, Pace
from connectors.slack_message import has_images, message
from relay.errors import RemoteError, Whose
from relay.http import Answer, Http, check_url, secret_parts
from relay.model import Result

_HOSTS = ("hooks.slack.com", "hooks.slack-gov.com")
_NOT_TAKEN = (408, 425)
_BUSY = 30.0  # Slack's advice when a 429 names no time
_DUPLICATE = "This may be a duplicate: the first try got no answer."
_BLOCKS_REFUSED = ("invalid_blocks", "msg_blocks_too_long", "downloading image failed", "invalid_attachments")
_HOOK_LIVES = ("no_text", "missing_text", "invalid_payload")
_NEW_HOOK = "Make a new incoming webhook in Slack and enter its address."
_CHANNEL = "Pick a channel that this webhook may post to."

# https://api.slack.com/changelog/2016-05-17-changes-to-errors-for-incoming-webhooks and the page above.
_FAULTS: dict[str, tuple[Whose, str]] = {
    "invalid_payload": ("record", "The message is not one that Slack reads."),
    "invalid_blocks": ("record", "The message is not one that Slack reads."),
    "msg_blocks_too_long": ("record", "The message is too long for Slack."),
    "no_text": ("record", "The message has no text that Slack can show."),
    "user_not_found": ("connection", _NEW_HOOK),
    "invalid_token": ("connection", _NEW_HOOK),
    "no_active_hooks": ("connection", _NEW_HOOK),
    "no_service": ("connection", _NEW_HOOK),
    "no_team": ("connection", _NEW_HOOK),
    "team_disabled": ("connection", "The Slack workspace is switched off."),
    "action_prohibited": ("connection", "Ask an administrator of the workspace to allow this webhook."),
    "posting_to_general_channel_denied": ("connection", _CHANNEL),
    "channel_not_found": ("connection", _CHANNEL),
    "channel_is_archived": ("connection", "Bring the channel back or choose another one."),
}


class SlackOptions(Options):
    """Which channel: an incoming webhook of Slack belongs to one."""

    webhook_url: SecretStr = Field(
        title="Incoming webhook",
        description="In Slack: your app, Incoming Webhooks, Add New Webhook to Workspace. Choose the channel "
        "and copy the address.",
        examples=["https://hooks.slack.com/services/T0000/B0000/xxxxxxxxxxxx"],
    )

    @field_validator("webhook_url")
    @classmethod
    def _is_a_hook_of_slack(cls, value: SecretStr) -> SecretStr:
        url = value.get_secret_value()
        try:
            parsed = check_url(url)
        except RemoteError as error:
            raise ValueError(error.message) from None
        if parsed.scheme != "https" or parsed.authority not in _HOSTS or parsed.path == "/":
            raise ValueError("must be an incoming webhook of Slack: https://hooks.slack.com/services/...")
        return value


class Slack:
    """Posts to an incoming webhook.

    Slack offers no idempotency there and answers no message id. So a post is noted before the call; if its
    answer was lost, the next attempt says in the message that it may be a duplicate. What remains: one such
    repeat for each lost answer, and an unmarked one if we stop right after Slack's "ok".
    """

    kind: ClassVar[str] = "slack"
    Options: ClassVar[type[base.Options]] = SlackOptions
    pace: ClassVar[Pace] = Pace(calls_per_second=1.0, concurrency=1)
    memory_scope: ClassVar[Literal["generation", "batch"]] = "generation"

    def __init__(self, options: SlackOptions, http: Http) -> None:
        self._http = http
        self._url = options.webhook_url.get_secret_value()

    @property
    def target(self) -> str:
        return f"slack:{hashlib.sha256(self._url.encode()).hexdigest()[:16]}"

    def deliver(self, result: Result, context: Mapping[str, Any], key: str, memory: Memory, now: int) -> Done:
        unanswered = f"unanswered:{key}"
        repeated = unanswered in memory
        memory[unanswered] = now
        memory.save()
        try:
            answer = self._post(result, context, _DUPLICATE if repeated else "", now)
        except RemoteError as error:
            if not (error.ambiguous or repeated):
                self._forget(memory, unanswered)
            raise
        self._forget(memory, unanswered)
        note = "may be a duplicate" if repeated else ""
        return Done(note=note, status=answer.status, answer=self._excerpt(answer))

    def check(self) -> Checked:
        """Posts an empty text, which Slack refuses with `no_text` where the hook lives; nothing appears.

        Not in Slack's documentation; secret scanners rely on it (github.com/trufflesecurity/trufflehog, pull
        request 932). An unknown or revoked hook answers `no_service`, `no_team` or `invalid_token` instead.
        """
        try:
            answer = self._call({"text": ""})
        except RemoteError as error:
            return Checked(False, error.message)
        word = answer.text.strip()
        if answer.status == 400 and word in _HOOK_LIVES:
            return Checked(True, "Slack knows this webhook. Only a test message shows where it posts.")
        return Checked(False, _refusal(answer, self._excerpt(answer), 0).message)

    def test(self, key: str, now: int) -> Checked:  # noqa: ARG002 - the hook has no place for a key
        try:
            answer = self._call({"text": "A test from CreativeAI Relay. Nothing was generated."})
            if not _accepted(answer):
                raise _refusal(answer, self._excerpt(answer), now)
        except RemoteError as error:
            return Checked(False, error.message)
        return Checked(True, "Slack took a test message. It is in the channel of this webhook.")

    def _post(self, result: Result, context: Mapping[str, Any], remark: str, now: int) -> Answer:
        """The message; without its images, then as text alone, as long as Slack refuses its blocks.

        One image that Slack cannot download refuses the whole message, so nothing was posted before the next.
        """
        for payload in _variants(result, context, remark):
            answer = self._call(payload)
            if _accepted(answer):
                return answer
            if not any(word in answer.text for word in _BLOCKS_REFUSED):
                break
        raise _refusal(answer, self._excerpt(answer), now)

    def _call(self, payload: Mapping[str, Any]) -> Answer:
        body = json.dumps(payload, ensure_ascii=False).encode("utf-8", "replace")
        headers = {"Content-Type": "application/json; charset=utf-8"}
        return self._http.send("POST", self._url, headers=headers, body=body, cap=65_536)

    def _excerpt(self, answer: Answer) -> str:
        return answer.excerpt(secret_parts(self._url))

    @staticmethod
    def _forget(memory: Memory, name: str) -> None:
        del memory[name]
        memory.save()


def _variants(result: Result, context: Mapping[str, Any], remark: str) -> Iterator[dict[str, Any]]:
    if has_images(result):
        yield message(result, context, remark)
    yield message(result, context, remark, images=False)
    yield message(result, context, remark, blocks=False)


def _accepted(answer: Answer) -> bool:
    """Slack says `ok` in words; a 200 with other words is a page of somebody in between."""
    return answer.status == 200 and answer.text.strip() == "ok"


def _refusal(answer: Answer, excerpt: str, now: int) -> RemoteError:
    status, said = answer.status, answer.text.strip()[:60]
    wait = answer.retry_after(now)
    if status == 429 or said in ("rate_limited", "ratelimited"):
        sentence = "Slack asks to wait: too many messages for this channel. It will be tried again."
        return RemoteError(sentence, retry_after=wait or _BUSY, status=status, answer=excerpt)
    whose, sentence = _fault(status, said)
    ambiguous = whose == "transient" and status not in _NOT_TAKEN
    return RemoteError(sentence, whose, ambiguous=ambiguous, retry_after=wait, status=status, answer=excerpt)


def _fault(status: int, said: str) -> tuple[Whose, str]:
    known = next((word for word in _FAULTS if said.startswith(word)), None)
    if known and status < 500:
        whose, advice = _FAULTS[known]
        return whose, f"Slack answered: {known}. {advice}"
    if 300 <= status < 400:
        return "connection", f"Slack answered with a redirect, which is not followed. {_NEW_HOOK}"
    if status in (401, 403, 404, 410):
        return "connection", f"Slack answered {status}. {_NEW_HOOK}"
    if 400 <= status < 500 and status not in _NOT_TAKEN:
        return "record", f"Slack answered {status}: it does not take this message."
    return "transient", f"Slack answered {status} without a clear yes. It will be tried again."
