"""What a Slack workspace holds: tokens with their scopes, channels, messages with their threads."""

import math
import threading
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.config import Config
from sandbox.slack import blocks as slack_blocks

TOKEN = "xoxb-sandbox"  # noqa: S105 - it opens nothing
SCOPES = ("chat:write", "channels:history", "channels:read")
CHANNEL = "C0SANDBOX"
TEAM = "T0SANDBOX"
MOST_TEXT = 40_000  # characters
ONE_POST = 1.0  # seconds; documented as about one message a second and channel


class SlackError(Exception):
    """An error in Slack's words; `more` is what its answer holds besides. `retry_after` makes it a 429."""

    def __init__(self, word: str, *, retry_after: int | None = None, **more: Any) -> None:
        super().__init__(word)
        self.body = {"ok": False, "error": word, **more}
        self.retry_after = retry_after


@dataclass(slots=True)
class Channel:
    id: str
    name: str
    is_member: bool = True
    is_archived: bool = False
    messages: dict[str, dict[str, Any]] = field(default_factory=dict)  # by ts, oldest first
    last_post: float = -math.inf


class Workspace:
    """All state, behind one lock. It returns copies."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._lock = threading.Lock()
        self._last_ts = 0
        self._tokens: dict[str, tuple[str, ...]] = {TOKEN: SCOPES}
        self._channels = {CHANNEL: Channel(CHANNEL, "sandbox")}
        self._broken_images: set[str] = set()

    def add_token(self, token: str, scopes: Collection[str]) -> None:
        with self._lock:
            self._tokens[token] = tuple(scopes)

    def remove_token(self, token: str) -> None:
        with self._lock:
            self._tokens.pop(token, None)

    def set_channel(self, channel_id: str, **settings: Any) -> None:
        """A new channel, or a known one with other settings."""
        with self._lock:
            channel = self._channels.setdefault(channel_id, Channel(channel_id, channel_id.lower()))
            for name, value in settings.items():
                setattr(channel, name, value)

    def break_image(self, url: str) -> None:
        """From now on this picture cannot be fetched."""
        with self._lock:
            self._broken_images.add(url)

    def scopes(self, authorization: str) -> tuple[str, ...]:
        """Those of the token in this header."""
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise SlackError("not_authed")
        with self._lock:
            if token not in self._tokens:
                raise SlackError("invalid_auth")
            return self._tokens[token]

    def post(self, channel_id: str, message: Mapping[str, Any], *, public: bool = False) -> dict[str, Any]:
        """`public`: the token may post where its app is no member."""
        with self._lock:
            channel = self._open(channel_id)
            if not channel.is_member and not public:
                raise SlackError("not_in_channel")
            self._pace(channel)
            self._check(message)
            thread = message.get("thread_ts")
            if thread is not None and thread not in channel.messages:
                raise SlackError("thread_not_found")
            return dict(self._add(channel, message))

    def post_by_hook(self, message: Mapping[str, Any]) -> None:
        """As an incoming webhook does, which is not held to a pace here."""
        with self._lock:
            self._check(message)
            self._add(self._channels[CHANNEL], {**message, "subtype": "bot_message"})

    def update(self, channel_id: str, ts: str, changes: Mapping[str, Any]) -> dict[str, Any]:
        """Blocks that are left out are removed when a text is given."""
        with self._lock:
            message = self._message(self._open(channel_id), ts)
            self._check(changes)
            if "subtype" in message:
                raise SlackError("cant_update_message")
            new = {key: changes[key] for key in ("text", "blocks", "metadata") if key in changes}
            if "blocks" not in changes:
                message.pop("blocks", None)
            message.update(new)
            return dict(message)

    def delete(self, channel_id: str, ts: str) -> None:
        with self._lock:
            channel = self._open(channel_id)
            self._message(channel, ts)
            del channel.messages[ts]

    def messages(self, channel_id: str, thread: str | None = None) -> list[dict[str, Any]]:
        """The channel's own messages, or one thread with its parent first; oldest first."""
        with self._lock:
            channel = self._channel(channel_id)
            if thread is None:
                return [dict(each) for ts, each in channel.messages.items() if each["thread_ts"] in ("", ts)]
            if thread not in channel.messages:
                raise SlackError("thread_not_found")
            return [dict(each) for ts, each in channel.messages.items() if thread in (ts, each["thread_ts"])]

    def channels(self) -> list[dict[str, Any]]:
        with self._lock:
            return [self._about(channel) for channel in self._channels.values()]

    def about(self, channel_id: str) -> dict[str, Any]:
        with self._lock:
            return self._about(self._channel(channel_id))

    @staticmethod
    def _about(channel: Channel) -> dict[str, Any]:
        return {
            "id": channel.id,
            "name": channel.name,
            "is_channel": True,
            "is_private": False,
            "is_member": channel.is_member,
            "is_archived": channel.is_archived,
        }

    def _channel(self, channel_id: str) -> Channel:
        if channel_id not in self._channels:
            raise SlackError("channel_not_found")
        return self._channels[channel_id]

    def _open(self, channel_id: str) -> Channel:
        channel = self._channel(channel_id)
        if channel.is_archived:
            raise SlackError("is_archived")
        return channel

    @staticmethod
    def _message(channel: Channel, ts: str) -> dict[str, Any]:
        if ts not in channel.messages:
            raise SlackError("message_not_found")
        return channel.messages[ts]

    def _pace(self, channel: Channel) -> None:
        """Slack lets short bursts pass; nothing says how short, so here none does."""
        now = self._config.clock()
        if self._config.paced and now - channel.last_post < ONE_POST:
            raise SlackError("ratelimited", retry_after=max(1, math.ceil(channel.last_post + ONE_POST - now)))
        channel.last_post = now

    def _check(self, message: Mapping[str, Any]) -> None:
        blocks = message.get("blocks") or []
        if not message.get("text") and not blocks:
            raise SlackError("no_text")
        if len(str(message.get("text", ""))) > MOST_TEXT:
            raise SlackError("msg_too_long")
        if word := slack_blocks.refusal(blocks):
            raise SlackError(word)
        for place, url in slack_blocks.images(blocks):
            if url in self._broken_images:
                error = f"downloading image failed [json-pointer:/blocks/{place}/image_url]"
                raise SlackError(slack_blocks.INVALID, errors=[error])
        metadata = message.get("metadata")
        if metadata is not None and not _is_metadata(metadata):
            raise SlackError("invalid_metadata_format")

    def _add(self, channel: Channel, message: Mapping[str, Any]) -> dict[str, Any]:
        self._last_ts = max(self._last_ts + 1, round(self._config.clock() * 1_000_000))
        ts = f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06}"
        kept = {key: message[key] for key in ("subtype", "text", "blocks", "metadata") if key in message}
        thread = str(message.get("thread_ts") or "")
        parent = channel.messages.get(thread)
        if parent is not None:
            thread = parent["thread_ts"] or thread
            channel.messages[thread]["thread_ts"] = thread
        new = {"type": "message", "user": "U0SANDBOX", "bot_id": "B0SANDBOX", "team": TEAM, **kept}
        channel.messages[ts] = new | {"ts": ts, "thread_ts": thread}
        return channel.messages[ts]


def _is_metadata(value: object) -> bool:
    """https://docs.slack.dev/messaging/message-metadata: a name, and an object of facts."""
    return (
        isinstance(value, dict)
        and isinstance(value.get("event_type"), str)
        and isinstance(value.get("event_payload"), dict)
    )
