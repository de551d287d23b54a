"""One message of a channel that is to be there once: noted before the call, searched for when in doubt."""

from collections.abc import Callable, Mapping, MutableMapping
from typing import Any

from connectors.base import Memory
from connectors.slack.blocks import DUPLICATE
from connectors.slack.client import Api, Marker, SlackResponse
from relay.errors import RemoteError


class PostOnce:
    """What is known of the message lies in `slots`, which `memory` saves, under the name of its kind.

    Kept there: {channel, ts, ...} of a message that is there, {channel, thread, since, delivery} of a call
    whose end is not known, with the delivery that its message names: of a status before, or of another
    result of the batch. What belongs to another channel (the option was changed) does not count.
    """

    def __init__(
        self, api: Api, channel: str, memory: Memory, slots: MutableMapping[str, Any], marker: Marker
    ) -> None:
        self._api, self._channel, self._memory, self._slots = api, channel, memory, slots
        self._marker = marker
        self._name, self._pending = marker.event_type, f"{marker.event_type} asked"
        self._doubtful = False

    @property
    def known(self) -> Mapping[str, Any]:
        """Empty as long as no message is known to be there."""
        return self._here(self._name)

    @property
    def ts(self) -> str:
        return str(self.known.get("ts", ""))

    @property
    def remark(self) -> str:
        """What the message has to say of itself."""
        return DUPLICATE if self._doubtful or self.known.get("doubtful") else ""

    def recover(self, now: int) -> None:
        """After a call whose end is not known: adopt what it wrote, or know that it wrote nothing.

        Where Slack does not let us read the channel, the doubt stays and the next post carries it.
        """
        pending = self._here(self._pending)
        if self.ts or not pending:
            return
        thread = str(pending.get("thread", ""))
        since = int(pending.get("since", now))
        found = self._api.find(self._carried, self._channel, thread=thread, since=since, now=now)
        self._doubtful = found is None
        if found:
            self.keep(found, thread=thread, doubtful=pending.get("doubtful", False))
        elif found == "":
            self._slots.pop(self._pending, None)  # saved with what is pending next

    def post(
        self, build: Callable[[str], dict[str, Any]], thread: str, now: int, **more: Any
    ) -> SlackResponse:
        """Post what `build` makes of our remark. `more` is kept with the message.

        A clear no leaves no trace, unless an earlier call is still in doubt.
        """
        since = self._here(self._pending).get("since", now)
        marker = self._carried
        pending = {"channel": self._channel, "thread": thread, "since": since, "delivery": marker.delivery}
        self._slots[self._pending] = pending | {"doubtful": self._doubtful}
        self._memory.save()
        fields = build(self.remark) | {"metadata": marker.metadata}
        if thread:
            fields["thread_ts"] = thread
        try:
            response = self._api.post(self._channel, now, fields)
        except RemoteError as error:
            if not (error.ambiguous or self._doubtful):
                self._forget(self._pending)
            raise
        if response.ok:
            self.keep(response.ts, doubtful=self._doubtful, thread=thread, **more)
        elif not self._doubtful:
            self._forget(self._pending)
        return response

    def keep(self, ts: str, **more: Any) -> None:
        self._slots[self._name] = {"channel": self._channel, "ts": ts, **more}
        self._slots.pop(self._pending, None)
        self._memory.save()

    def gone(self) -> None:
        """The message was deleted in Slack. Saved with what is pending next."""
        self._slots.pop(self._name, None)
        self._slots.pop(self._pending, None)

    @property
    def _carried(self) -> Marker:
        """What the message carries that a call in doubt may have written, and so what its repeat has to."""
        pending = self._here(self._pending)
        return self._marker._replace(delivery=str(pending.get("delivery", self._marker.delivery)))

    def _here(self, name: str) -> Mapping[str, Any]:
        kept = self._slots.get(name)
        return kept if isinstance(kept, dict) and kept.get("channel") == self._channel else {}

    def _forget(self, name: str) -> None:
        self._slots.pop(name, None)
        self._memory.save()
