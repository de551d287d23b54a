"""Resending deliveries on purpose, and what is true afterwards: sent now, or kept by a pause."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from relay.models.connection import Pause
from relay.models.delivery import Selection


class Store(Protocol):
    """What resending needs; see `relay.store.contract`."""

    def pauses(self) -> dict[str, Pause]: ...

    def replay(
        self, selection: Selection, *, now: int, dry: bool = False, most: int | None = None
    ) -> int: ...


@dataclass(frozen=True, slots=True)
class Resent:
    """How many deliveries are due again.

    paused, unusable  by connection, how many of them it keeps until a person resumes or fixes it
    """

    count: int
    paused: Mapping[str, int]
    unusable: Mapping[str, int]

    @property
    def summary(self) -> str:
        """For people. It promises nothing that a pause prevents."""
        sent = self.count - sum(self.paused.values()) - sum(self.unusable.values())
        return " ".join([f"{_counted(sent)} will be resent."] * (sent > 0) + self.kept)

    @property
    def kept(self) -> list[str]:
        """A sentence for each connection that keeps some."""
        paused = [
            f"{_kept(number, name)}: the connection is paused. Resume it to send {_them(number)}."
            for name, number in self.paused.items()
        ]
        return paused + [
            f"{_kept(number, name)}: the connection cannot be used. Fix it to send {_them(number)}."
            for name, number in self.unusable.items()
        ]


def resend(
    store: Store,
    selection: Selection,
    unusable: Collection[str],
    *,
    now: int,
    dry: bool = False,
    most: int | None = None,
) -> Resent:
    """Make them due with the same key, and end the holds that stop them. `dry`: only say what would be.

    `unusable`: names of connections that cannot be called.
    """
    pauses = store.pauses()
    chosen = {
        name: store.replay(replace(selection, connection=name), now=now, dry=True, most=most)
        for name in sorted({*pauses, *unusable})
        if selection.connection in ("", name)
    }
    count = store.replay(selection, now=now, dry=dry, most=most)
    if not dry:
        pauses = store.pauses()  # a hold is over now, but a pause may have been behind it
    paused = {name for name, pause in pauses.items() if not pause.held} - set(unusable)
    return Resent(
        count,
        paused={name: number for name, number in chosen.items() if number and name in paused},
        unusable={name: number for name, number in chosen.items() if number and name in unusable},
    )


def _counted(number: int) -> str:
    return "1 delivery" if number == 1 else f"{number} deliveries"


def _kept(number: int, name: str) -> str:
    return f"{_counted(number)} to {name} {'is' if number == 1 else 'are'} kept"


def _them(number: int) -> str:
    return "it" if number == 1 else "them"
