"""The calls of Slack's Web API that a bot needs, and what their answers say.

https://docs.slack.dev/apis/web-api/ - an answer is HTTP 200 with `ok` true or false. A call that got no such
answer, or one that leaves in doubt whether anything was done, leaves as RemoteError.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import urlencode

from connectors.slack import errors as slack_errors
from relay.errors import RemoteError
from relay.http.client import Http, HttpResponse

_API = "https://slack.com/api/"
_PAGE, _PAGES = 200, 10  # messages a page, pages that are read before the search ends
_CAP = 8_388_608  # bytes: a page of messages with their blocks
_SKEW = 3600.0  # seconds that Slack's clock and ours may be apart


class Marker(NamedTuple):
    """What a message carries unseen, so that it can be found again.

    key       the id of the generation or batch that it shows
    delivery  the key of the delivery that first posted it: another connection's, of the same bot to the
              same channel, has another one

    https://docs.slack.dev/messaging/message-metadata
    """

    event_type: str
    key: str
    delivery: str

    @property
    def metadata(self) -> dict[str, Any]:
        return {"event_type": self.event_type, "event_payload": {"key": self.key, "delivery": self.delivery}}

    def is_on(self, message: object) -> bool:
        metadata = _object(_object(message).get("metadata"))
        payload = _object(metadata.get("event_payload"))
        return (metadata.get("event_type"), payload.get("key"), payload.get("delivery")) == self


@dataclass(frozen=True, slots=True)
class SlackResponse:
    """One answer: done, or a clear no with its word."""

    ok: bool
    word: str
    data: Mapping[str, Any]
    answer: HttpResponse
    excerpt: str

    @property
    def ts(self) -> str:
        """The message's name within its channel."""
        return str(self.data.get("ts", ""))

    @property
    def details(self) -> str:
        """What Slack says besides the word: its list of errors, or which scope is missing."""
        if self.word == "missing_scope":
            return f"needed: {self.data.get('needed', '?')}, provided: {self.data.get('provided', '?')}"[:300]
        errors = self.data.get("errors")
        return "; ".join(map(str, errors))[:300] if isinstance(errors, list) else ""

    def refusal(self) -> RemoteError:
        return slack_errors.of_api(self.word, self.details, self.answer, self.excerpt)


class Api:
    def __init__(self, token: str, http: Http) -> None:
        self._token = token
        self._http = http

    def write(self, method: str, now: int, **fields: Any) -> SlackResponse:
        """A method that changes something, as JSON."""
        body = json.dumps(fields, ensure_ascii=False).encode("utf-8", "replace")
        return self._call(method, "application/json; charset=utf-8", body, now)

    def read(self, method: str, now: int, **fields: str) -> SlackResponse:
        """A method that only reads, as a form: each of them accepts one, but not JSON."""
        body = urlencode(fields).encode()
        return self._call(method, "application/x-www-form-urlencoded", body, now)

    def post(self, channel: str, now: int, fields: Mapping[str, Any]) -> SlackResponse:
        """A message; when it is taken, Slack says where it is."""
        response = self.write("chat.postMessage", now, channel=channel, **fields)
        if response.ok and not response.ts:
            sentence = (
                "Slack answered ok, but not where the message is. The relay searches the channel for it."
            )
            raise RemoteError(
                sentence, ambiguous=True, status=response.answer.status, answer=response.excerpt
            )
        return response

    def find(self, marker: Marker, channel: str, *, thread: str, since: int, now: int) -> str | None:
        """The ts of the newest message with this marker in the channel, or in the thread if one is named.

        "" when there is none. None when that cannot be known: the scope is missing (channels:history, of a
        private channel groups:history), or more was written there since than we read.
        """
        where = {"ts": thread} if thread else {}
        method = "conversations.replies" if thread else "conversations.history"
        fields = {"channel": channel, "oldest": f"{max(0.0, since / 1000 - _SKEW):.6f}", "limit": str(_PAGE)}
        fields |= {"include_all_metadata": "true", **where}
        for page in range(_PAGES):
            try:
                response = self.read(method, now, **fields)
            except RemoteError as error:
                if page and error.status == 429:  # else each new try would end at the same page
                    return None
                raise
            if not response.ok:
                return "" if response.word == "thread_not_found" else None
            for message in _list(response.data.get("messages")):
                if marker.is_on(message):
                    return str(message.get("ts", ""))
            fields["cursor"] = _cursor(response.data)
            if not fields["cursor"]:
                return ""
        return None

    def _call(self, method: str, content_type: str, body: bytes, now: int) -> SlackResponse:
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": content_type}
        answer = self._http.send("POST", _API + method, headers=headers, body=body, cap=_CAP)
        excerpt = answer.excerpt([self._token])
        data = _parsed(answer.text.replace(self._token, "********"))
        word = str(data.get("error", ""))
        if answer.status == 429 or word in slack_errors.RATE_LIMITED:
            raise slack_errors.rate_limited(answer, excerpt, now)
        if answer.status != 200 or not isinstance(data.get("ok"), bool) or word in slack_errors.UNSURE:
            raise slack_errors.of_status(answer, excerpt, now, slack_errors.RECONNECT, word)
        return SlackResponse(data["ok"], word, data, answer, excerpt)


def _parsed(text: str) -> dict[str, Any]:
    try:
        return _object(json.loads(text))
    except (ValueError, RecursionError):
        return {}


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _cursor(data: Mapping[str, Any]) -> str:
    return str(_object(data.get("response_metadata")).get("next_cursor") or "")
