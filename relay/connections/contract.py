"""A connection as people give it and see it, without its secrets: what CLI, API and pages have in common."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from relay.errors import RelayError
from relay.models.connection import ConnectionState
from relay.models.core import ResultStatus

Faults = Mapping[str, str]
"""Field -> sentence; what is under "" belongs to no field. Empty: it was done."""


class UnknownConnectionError(RelayError):
    """There is no connection of this name. The sentence names those that there are."""


class ReadOnlyConnectionError(RelayError):
    """The environment has set this connection, so it is changed there."""


@dataclass(frozen=True, slots=True)
class ConnectionInput:
    """What a person entered for a new connection, or for one that is changed.

    values           by field name, as text, new secrets among them; what is absent is not given
    statuses         which results it gets; None: the usual ones
    kinds            which types of result; empty: all
    removed_secrets  names of stored secrets to forget; the others stay unless `values` has a new one
    """

    name: str
    kind: str
    values: Mapping[str, Any]
    statuses: Sequence[str] | None = None
    kinds: Sequence[str] = ()
    removed_secrets: Sequence[str] = ()

    @property
    def filters(self) -> dict[str, str]:
        """As they are stored and as the environment gives them: comma-separated, absent where not given."""
        given = {"statuses": ",".join(self.statuses or ()), "kinds": ",".join(self.kinds)}
        return {name: words for name, words in given.items() if words}


@dataclass(frozen=True, slots=True)
class ConnectionView:
    """A connection as it is now, without its secrets.

    fault     what it needs before it can be called; "" while it is ready
    statuses  which results it gets; `kinds` of which types, empty: all
    options   those in use; `secrets` names the secrets that are stored
    revision  of its last change; None: the environment has set it, so it cannot be changed here
    hides     the store has one of this name too, which is not used
    deliveries_per_second  that it takes at most; None: no limit is known
    """

    name: str
    kind: str
    state: ConnectionState
    fault: str
    statuses: frozenset[ResultStatus]
    kinds: frozenset[str]
    options: Mapping[str, Any]
    secrets: Sequence[str]
    revision: int | None
    hides: bool = False
    deliveries_per_second: float | None = None

    @property
    def from_environment(self) -> bool:
        return self.revision is None

    @property
    def gets(self) -> str:
        """Which results, in words: "completed and failed of all types"."""
        return f"{' and '.join(sorted(self.statuses))} of {', '.join(sorted(self.kinds)) or 'all types'}"


@dataclass(frozen=True, slots=True)
class ConnectorInfo:
    """A kind of connection in words. `needs`: the exact rights and addresses, and where to get them."""

    title: str
    summary: str = ""
    needs: tuple[str, ...] = ()
