"""Slack by bot token: one message per generation that is kept up to date, one thread per batch.

https://docs.slack.dev/reference/methods/chat.postMessage, .../chat.update, .../conversations.history
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connectors.base import CheckResult, Done, Memory, NotYet
from connectors.slack import errors
from connectors.slack.blocks import batch_message, variants
from connectors.slack.check import check, remove_test, test
from connectors.slack.client import Api, Marker, SlackResponse
from connectors.slack.post_once import PostOnce
from relay.models.core import Result, ResultStatus

_ONE_POST = 1.0  # seconds: a channel takes about one message in each
_GONE = ("message_not_found", "cant_update_message", "edit_window_closed")
_NO_THREAD = (
    *("thread_not_found", "cannot_reply_to_message", "invalid_thread_ts"),
    *("restricted_action_non_threadable_channel", "restricted_action_thread_locked"),
)
_PLAINER, _ALONE = "plainer", "no thread"  # in memory: what Slack refused before


@dataclass(frozen=True, slots=True)
class _Delivery:
    """What one attempt is to post."""

    result: Result
    context: Mapping[str, Any]
    key: str
    memory: Memory
    now: int

    def message(self, remark: str) -> dict[str, Any]:
        """The message, less what Slack refused of it at an earlier attempt."""
        every = list(variants(self.result, self.context, remark))
        return every[min(self._level, len(every) - 1)]

    def with_less(self, response: SlackResponse) -> NotYet:
        """Where Slack refused a picture or the blocks: the same without, at the next attempt."""
        refused = " ".join(filter(None, [response.word, response.details]))
        most = len(list(variants(self.result, self.context, ""))) - 1
        if not errors.blocks_are_refused(refused) or self._level >= most:
            raise response.refusal()
        self.memory[_PLAINER] = {"key": self.key, "level": self._level + 1}
        self.memory.save()
        return NotYet(_ONE_POST, f"Slack refused a part of the message ({refused}); it comes without.")

    @property
    def _level(self) -> int:
        plainer = self.memory.get(_PLAINER, {})
        return int(plainer["level"]) if plainer.get("key") == self.key else 0


class Bot:
    """Posts, and from then on changes what it posted.

    Slack offers no idempotency. So a post is noted before the call, and its message carries the generation's
    id and the delivery's key unseen: when the answer was lost, the next attempt searches the channel for it.
    What remains: without the scope for reading the channel, each lost answer is followed by one repeat that
    says it may be a duplicate; and an unmarked one, if Slack carries out a call only after that search.

    Each attempt posts one message at most, so that the pace of attempts is the pace of the channel.
    """

    def __init__(self, api: Api, channel: str) -> None:
        self._api = api
        self._channel = channel

    @property
    def target(self) -> str:
        return f"slack:{self._channel}"

    def deliver(
        self, result: Result, context: Mapping[str, Any], key: str, memory: Memory, now: int
    ) -> Done | NotYet:
        delivery = _Delivery(result, context, key, memory, now)
        marker = Marker("creativeai_delivery", result.generation_id, key)
        message = PostOnce(self._api, self._channel, memory, memory, marker)
        message.recover(now)
        if message.ts:
            ended = self._update(message, delivery)
            if ended:
                return ended
            message.gone()
        thread = self._thread(delivery)
        return thread if isinstance(thread, NotYet) else self._post(message, thread, delivery)

    def check(self) -> CheckResult:
        return check(self._api, self._channel)

    def test(self, now: int) -> CheckResult:
        return test(self._api, self._channel, now)

    def remove_test(self, written: Mapping[str, str]) -> CheckResult:
        return remove_test(self._api, written)

    def _thread(self, delivery: _Delivery) -> str | NotYet:
        """The ts of the batch's parent, "" where there is to be no thread. NotYet: it was just posted."""
        batch_id, memory = delivery.result.group_id, delivery.memory
        if not batch_id or _ALONE in memory:
            return ""
        marker = Marker("creativeai_batch", batch_id, delivery.key)
        parent = PostOnce(self._api, self._channel, memory, memory.batch, marker)
        parent.recover(delivery.now)
        if parent.ts:
            return parent.ts
        response = parent.post(lambda remark: batch_message(batch_id, remark), "", delivery.now)
        if not response.ok:
            raise response.refusal()
        return NotYet(_ONE_POST, "The batch's thread is open; this result comes next.")

    def _post(self, message: PostOnce, thread: str, delivery: _Delivery) -> Done | NotYet:
        shows = str(delivery.result.status)
        response = message.post(delivery.message, thread, delivery.now, shows=shows)
        if response.ok:
            return _done(message, delivery, response)
        if thread and response.word.startswith(_NO_THREAD):
            delivery.memory[_ALONE] = True
            delivery.memory.save()
            return NotYet(_ONE_POST, "The batch's thread is gone; this result goes into the channel.")
        return delivery.with_less(response)

    def _update(self, message: PostOnce, delivery: _Delivery) -> Done | NotYet | None:
        """Make the message say this result. None: it is not there any more, or not ours to change."""
        shows = str(message.known.get("shows", ""))
        if shows and ResultStatus(shows).rank > delivery.result.status.rank:
            return Done(_link(message), f"The message says {shows} already, which is newer.")
        fields = {"blocks": []} | delivery.message(message.remark)
        response = self._api.write(
            "chat.update", delivery.now, channel=self._channel, ts=message.ts, **fields
        )
        if response.ok:
            message.keep(**{**message.known, "shows": str(delivery.result.status)})
            return _done(message, delivery, response)
        return None if response.word in _GONE else delivery.with_less(response)


def _done(message: PostOnce, delivery: _Delivery, response: SlackResponse) -> Done:
    if delivery.memory.pop(_PLAINER, None):  # sent again on purpose, it is tried whole
        delivery.memory.save()
    note = "may be a duplicate" if message.remark else ""
    return Done(_link(message), note, response.answer.status, response.excerpt)


def _link(message: PostOnce) -> str:
    """As the message's own link in the workspace, whose name is not needed for it to open."""
    channel, ts = message.known["channel"], message.ts
    thread = message.known.get("thread")
    inside = f"?thread_ts={thread}&cid={channel}" if thread else ""
    return f"https://slack.com/archives/{channel}/p{ts.replace('.', '')}{inside}"
