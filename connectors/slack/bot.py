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
class _Post:
    """What one attempt is to bring."""

    result: Result
    context: Mapping[str, Any]
    key: str
    memory: Memory
    now: int

    def message(self, remark: str) -> dict[str, Any]:
        """The message, less what Slack refused of it at an earlier attempt."""
        every = list(variants(self.result, self.context, remark))
        return every[min(self._level, len(every) - 1)]

    def with_less(self, said: SlackResponse) -> NotYet:
        """Where Slack refused a picture or the blocks: the same without, at the next attempt."""
        refused = " ".join(filter(None, [said.word, said.details]))
        most = len(list(variants(self.result, self.context, ""))) - 1
        if not errors.blocks_are_refused(refused) or self._level >= most:
            raise said.refusal()
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
    id and the delivery's key unseen: when the answer was lost, the next attempt looks for it in the channel.
    What remains: without the scope for looking, each lost answer is followed by one repeat that says it may
    be a duplicate; and an unmarked one, if Slack carries out a call only after we looked.

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
        job_input = _Post(result, context, key, memory, now)
        marker = Marker("creativeai_delivery", result.generation_id, key)
        message = PostOnce(self._api, self._channel, memory, memory, marker)
        message.look(now)
        if message.ts:
            ended = self._update(message, job_input)
            if ended:
                return ended
            message.gone()
        thread = self._thread(job_input)
        return thread if isinstance(thread, NotYet) else self._post(message, thread, job_input)

    def check(self) -> CheckResult:
        return check(self._api, self._channel)

    def test(self, now: int) -> CheckResult:
        return test(self._api, self._channel, now)

    def remove_test(self, written: Mapping[str, str]) -> CheckResult:
        return remove_test(self._api, written)

    def _thread(self, job_input: _Post) -> str | NotYet:
        """The ts of the batch's parent, "" where there is to be no thread. NotYet: it was just posted."""
        batch_id, memory = job_input.result.group_id, job_input.memory
        if not batch_id or _ALONE in memory:
            return ""
        marker = Marker("creativeai_batch", batch_id, job_input.key)
        parent = PostOnce(self._api, self._channel, memory, memory.batch, marker)
        parent.look(job_input.now)
        if parent.ts:
            return parent.ts
        said = parent.post(lambda remark: batch_message(batch_id, remark), "", job_input.now)
        if not said.ok:
            raise said.refusal()
        return NotYet(_ONE_POST, "The batch's thread is open; this result comes next.")

    def _post(self, message: PostOnce, thread: str, job_input: _Post) -> Done | NotYet:
        shows = str(job_input.result.status)
        said = message.post(job_input.message, thread, job_input.now, shows=shows)
        if said.ok:
            return _done(message, job_input, said)
        if thread and said.word.startswith(_NO_THREAD):
            job_input.memory[_ALONE] = True
            job_input.memory.save()
            return NotYet(_ONE_POST, "The batch's thread is gone; this result goes into the channel.")
        return job_input.with_less(said)

    def _update(self, message: PostOnce, job_input: _Post) -> Done | NotYet | None:
        """Make the message say this result. None: it is not there any more, or not ours to change."""
        shows = str(message.known.get("shows", ""))
        if shows and ResultStatus(shows).rank > job_input.result.status.rank:
            return Done(_link(message), f"The message says {shows} already, which is newer.")
        fields = {"blocks": []} | job_input.message(message.remark)
        said = self._api.write("chat.update", job_input.now, channel=self._channel, ts=message.ts, **fields)
        if said.ok:
            message.keep(**{**message.known, "shows": str(job_input.result.status)})
            return _done(message, job_input, said)
        return None if said.word in _GONE else job_input.with_less(said)


def _done(message: PostOnce, job_input: _Post, said: SlackResponse) -> Done:
    if job_input.memory.pop(_PLAINER, None):  # sent again on purpose, it is tried whole
        job_input.memory.save()
    note = "may be a duplicate" if message.remark else ""
    return Done(_link(message), note, said.answer.status, said.excerpt)


def _link(message: PostOnce) -> str:
    """As the message's own link in the workspace, whose name is not needed for it to open."""
    channel, ts = message.known["channel"], message.ts
    thread = message.known.get("thread")
    inside = f"?thread_ts={thread}&cid={channel}" if thread else ""
    return f"https://slack.com/archives/{channel}/p{ts.replace('.', '')}{inside}"
