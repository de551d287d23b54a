"""Slack by incoming webhook: each result as a message of its own, which cannot be changed afterwards.

https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from connectors.base import CheckResult, Done, Memory
from connectors.slack import errors
from connectors.slack.blocks import DUPLICATE, TEST, variants
from relay.errors import RemoteError
from relay.http.client import Http, HttpResponse, secret_parts
from relay.models.core import Result

_HOOK_LIVES = ("no_text", "missing_text", "invalid_payload")


class IncomingWebhook:
    """Posts to an incoming webhook.

    Slack offers no idempotency there and answers no message id. So a post is noted before the call; if its
    answer was lost, the next attempt says in the message that it may be a duplicate. What remains: one such
    repeat for each lost answer, and an unmarked one if we stop right after Slack's "ok".
    """

    def __init__(self, url: str, http: Http) -> None:
        self._url = url
        self._http = http

    @property
    def target(self) -> str:
        return f"slack:{hashlib.sha256(self._url.encode()).hexdigest()[:16]}"

    def deliver(self, result: Result, context: Mapping[str, Any], key: str, memory: Memory, now: int) -> Done:
        unanswered = f"unanswered:{key}"
        repeated = unanswered in memory
        if not repeated:  # else it is as it was: no step further
            memory[unanswered] = now
            memory.save()
        try:
            answer = self._post(result, context, DUPLICATE if repeated else "", now)
        except RemoteError as error:
            if not (error.ambiguous or repeated):
                self._forget(memory, unanswered)
            raise
        self._forget(memory, unanswered)
        note = "may be a duplicate" if repeated else ""
        return Done(note=note, status=answer.status, answer=self._excerpt(answer))

    def check(self) -> CheckResult:
        """Posts an empty text, which Slack refuses with `no_text` where the hook lives; nothing appears.

        Not in Slack's documentation; secret scanners rely on it (github.com/trufflesecurity/trufflehog, pull
        request 932). An unknown or revoked hook answers `no_service`, `no_team` or `invalid_token` instead.
        """
        answer = self._call({"text": ""})
        word = answer.text.strip()
        if answer.status == 400 and word in _HOOK_LIVES:
            return CheckResult(True, "Slack knows this webhook. Only a test message shows where it posts.")
        raise errors.of_hook(answer, self._excerpt(answer), 0)

    def test(self, now: int) -> CheckResult:
        answer = self._call({"text": TEST})
        if not _accepted(answer):
            raise errors.of_hook(answer, self._excerpt(answer), now)
        return CheckResult(True, "Slack took a test message. It is in the channel of this webhook.")

    def remove_test(self, written: Mapping[str, str]) -> CheckResult:
        return CheckResult(
            False, "What an incoming webhook posted cannot be removed by it. Delete the message in Slack."
        )

    def _post(self, result: Result, context: Mapping[str, Any], remark: str, now: int) -> HttpResponse:
        """The message; without its images, then as text alone, as long as Slack refuses its blocks.

        One image that Slack cannot download refuses the whole message, so nothing was posted before the next.
        """
        for payload in variants(result, context, remark):
            answer = self._call(payload)
            if _accepted(answer):
                return answer
            if not errors.blocks_are_refused(answer.text):
                break
        raise errors.of_hook(answer, self._excerpt(answer), now)

    def _call(self, payload: Mapping[str, Any]) -> HttpResponse:
        body = json.dumps(payload, ensure_ascii=False).encode("utf-8", "replace")
        headers = {"Content-Type": "application/json; charset=utf-8"}
        return self._http.send("POST", self._url, headers=headers, body=body, cap=65_536)

    def _excerpt(self, answer: HttpResponse) -> str:
        return answer.excerpt(secret_parts(self._url))

    @staticmethod
    def _forget(memory: Memory, name: str) -> None:
        del memory[name]
        memory.save()


def _accepted(answer: HttpResponse) -> bool:
    """Slack says `ok` in words; a 200 with other words is a page of a server in between."""
    return answer.status == 200 and answer.text.strip() == "ok"
