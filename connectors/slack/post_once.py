"""One message of a channel that is to be there once: noted before the call, looked for when in doubt."""

from collections.abc import Callable, Mapping, MutableMapping
from typing import Any

from connectors.base import Memory
from connectors.slack.blocks import DUPLICATE
from connectors.slack.client import Api, Marker, SlackResponse
from relay.errors import RemoteError


class PostOnce:
    """What is known of the message lies in `slots`, which `memory` saves, under the name of its kind.

    Kept there: {channel, ts, ...} of a message that stands, {channel, thread, since, delivery} of a call
    whose end is not known, with the delivery that its message names: of a status before, or of another
    result of the batch. What belongs to another channel (the option was changed) does not count.
    """

    def __init__(
        self, api: Api, channel: str, memory: Memory, slots: MutableMapping[str, Any], marker: Marker
    ) -> None:
        self._api, self._channel, self._memory, self._slots = api, channel, memory, slots
        self._marker = marker
        self._name, self._asked = marker.event_type, f"{marker.event_type} asked"
        self._doubtful = False

    @property
    def known(self) -> Mapping[str, Any]:
        """Empty as long as no message is known to stand."""
        return self._here(self._name)

    @property
    def ts(self) -> str:
        return str(self.known.get("ts", ""))

    @property
    def remark(self) -> str:
        """What the message has to say of itself."""
        return DUPLICATE if self._doubtful or self.known.get("doubtful") else ""

    def look(self, now: int) -> None:
        """After a call whose end is not known: adopt what it wrote, or know that it wrote nothing.

        Where Slack does not let us look, the doubt stays and the next post carries it.
        """
        asked = self._here(self._asked)
        if self.ts or not asked:
            return
        thread = str(asked.get("thread", ""))
        since = int(asked.get("since", now))
        found = self._api.find(self._carried, self._channel, thread=thread, since=since, now=now)
        self._doubtful = found is None
        if found:
            self.keep(found, thread=thread, doubtful=asked.get("doubtful", False))
        elif found == "":
            self._slots.pop(self._asked, None)  # saved with what is asked next

    def post(
        self, build: Callable[[str], dict[str, Any]], thread: str, now: int, **more: Any
    ) -> SlackResponse:
        """Post what `build` makes of our remark. `more` is kept with the message.

        A clear no leaves no trace, unless an earlier call is still in doubt.
        """
        since = self._here(self._asked).get("since", now)
        marker = self._carried
        asked = {"channel": self._channel, "thread": thread, "since": since, "delivery": marker.delivery}
        self._slots[self._asked] = asked | {"doubtful": self._doubtful}
        self._memory.save()
        fields = build(self.remark) | {"metadata": marker.metadata}
        if thread:
            fields["thread_ts"] = thread
        try:
            said = self._api.post(self._channel, now, fields)
        except RemoteError as error:
            if not (error.ambiguous or self._doubtful):
                self._forget(self._asked)
            raise
        if said.ok:
            self.keep(said.ts, doubtful=self._doubtful, thread=thread, **more)
        elif not self._doubtful:
            self._forget(self._asked)
        return said

    def keep(self, ts: str, **more: Any) -> None:
        self._slots[self._name] = {"channel": self._channel, "ts": ts, **more}
        self._slots.pop(self._asked, None)
        self._memory.save()

    def gone(self) -> None:
        """Somebody took the message away. Saved with what is asked next."""
        self._slots.pop(self._name, None)
        self._slots.pop(self._asked, None)

    @property
    def _carried(self) -> Marker:
        """What the message carries that a call in doubt may have written, and so what its repeat has to."""
        asked = self._here(self._asked)
        return self._marker._replace(delivery=str(asked.get("delivery", self._marker.delivery)))

    def _here(self, name: str) -> Mapping[str, Any]:
        kept = self._slots.get(name)
        return kept if isinstance(kept, dict) and kept.get("channel") == self._channel else {}

    def _forget(self, name: str) -> None:
        self._slots.pop(name, None)
        self._memory.save()
