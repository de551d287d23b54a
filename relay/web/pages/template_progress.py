"""What the page of a template shows of its first call: waiting, or seen; nothing that was not seen."""

from collections.abc import Sequence
from dataclasses import dataclass

from relay.connections.contract import ConnectionView
from relay.store.contract.admin import AccessStore
from relay.web import first_call
from relay.web.context import AppContext
from relay.web.first_call import Imported
from relay.web.pages.status_labels import StatusLabel

NOT_SEEN = StatusLabel("Not seen yet", "quiet", "clock")
WAITING = StatusLabel("Waiting", "busy", "clock")
SEEN = StatusLabel("Received", "good", "check")
DELIVERED = StatusLabel("Delivered", "good", "check")


@dataclass(frozen=True, slots=True)
class Sign:
    """One of the two things that show that a template runs: it calls the relay, it accepts a delivery.

    at          when it was seen, in ms
    link        the delivery that was accepted, or the one whose last attempt failed
    fault       what was said when a delivery was not accepted; "" while nothing failed
    to_choose   connections of which a person has to choose the one that delivers to the template
    """

    what: str
    word: StatusLabel
    sentence: str
    at: int | None = None
    link: str = ""
    fault: str = ""
    to_choose: Sequence[str] = ()

    @property
    def seen(self) -> bool:
        return self.word.tone == "good"


@dataclass(frozen=True, slots=True)
class Progress:
    """`imported_at` None: nobody said so yet. No signs: the relay cannot see anything of it."""

    signs: Sequence[Sign]
    imported_at: int | None

    @property
    def complete(self) -> bool:
        return bool(self.signs) and all(each.seen for each in self.signs)

    @property
    def waiting(self) -> bool:
        return self.imported_at is not None and bool(self.signs) and not self.complete

    @property
    def state(self) -> str:
        """Changes when the page has something new to say."""
        return " ".join(f"{each.what}:{each.word.text}:{each.fault[:40]}" for each in self.signs)

    @property
    def sentence(self) -> str:
        return " ".join(f"{each.sentence} {each.fault}".strip() for each in self.signs)


def progress(
    ctx: AppContext, store: AccessStore, name: str, tool: str, now: int, *, calls_relay: bool, receives: bool
) -> Progress:
    """`tool` is its title: the app that the template was imported into."""
    said, signs = first_call.imported(store, name), []
    if calls_relay:
        signs.append(_call(first_call.called_at(store, name), said))
    if receives:
        signs.append(_delivery(ctx, tool, said, now))
    return Progress(signs, said.at if said else None)


def _call(called_at: int, said: Imported | None) -> Sign:
    if called_at and called_at >= (said.calls_since if said else 0):
        return Sign("call", SEEN, "The relay received a call from this template.", called_at)
    if said:
        return Sign("call", WAITING, "Waiting for the first call. Do the first try in the steps above.")
    return Sign("call", NOT_SEEN, "The relay has not received a call from this template.")


def _delivery(ctx: AppContext, tool: str, said: Imported | None, now: int) -> Sign:
    names = candidates(ctx.connections(), tool)
    if not names:
        sentence = f"No connection delivers to {tool} yet. Add one: its address is the template's."
        return Sign("delivery", NOT_SEEN, sentence)
    if said is None:
        return Sign("delivery", NOT_SEEN, "The relay has not delivered to this template.", to_choose=names)
    if said.connection in names or len(names) == 1:
        chosen = said.connection if said.connection in names else names[0]
        return _delivery_by(ctx, chosen, tool, said.at, now)
    return Sign("delivery", NOT_SEEN, "Choose the connection for this template.", to_choose=names)


def _delivery_by(ctx: AppContext, chosen: str, tool: str, since: int, now: int) -> Sign:
    if accepted := first_call.first_delivery(ctx.store, chosen, since):
        sentence = f"{tool} accepted a delivery of the connection {chosen}."
        return Sign("delivery", DELIVERED, sentence, accepted.settled_at, accepted.id)
    sentence = f"Waiting for the first delivery that {tool} accepts from the connection {chosen}."
    if stops := ctx.connection_statuses(now)[chosen].reason:
        return Sign("delivery", WAITING, sentence, fault=stops)
    if failing := first_call.failing_delivery(ctx.store, chosen):
        fault = ctx.delivery_status(failing, now).reason
        return Sign("delivery", WAITING, sentence, link=failing.id, fault=fault)
    return Sign("delivery", WAITING, sentence)


def candidates(connections: Sequence[ConnectionView], tool: str) -> list[str]:
    """The connections that may deliver to a template of this tool: its own type, else plain webhooks."""
    own = [each.name for each in connections if each.kind == tool.lower()]
    return own or [each.name for each in connections if each.kind == "webhook"]
