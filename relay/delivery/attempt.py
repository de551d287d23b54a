"""One attempt: call the connector, time it, let the policy decide, write it down without secrets."""

import json
import logging
import random
import time
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass, replace
from typing import Any

from pydantic import BaseModel, SecretStr

from connectors.base import Connector, Done, Memory, NotYet
from relay.delivery.links import Link, linked, no_link
from relay.delivery.output_files import FilesOf
from relay.delivery.retry_policy import RESTARTS, decide
from relay.errors import LeaseLostError, RemoteError
from relay.http.client import masked
from relay.models.core import Pause, Route
from relay.models.delivery import ClaimedDelivery, Settlement
from relay.retry import LADDER
from relay.store.contract.core import DeliveryStore

log = logging.getLogger(__name__)

_KEPT = 2048  # characters of an answer that are kept with the attempt


@dataclass(frozen=True, slots=True)
class Destination:
    """A configured connection with the connector that serves it, and the secrets to mask."""

    connection: Route
    connector: Connector
    secrets: tuple[str, ...] = ()

    def masked(self, text: str) -> str:
        """Without secrets, and such as every store can keep (no half of a surrogate pair, no NUL)."""
        return masked(text, self.secrets).encode("utf-8", "replace").decode().replace("\0", "?")


def secret_values(options: BaseModel) -> tuple[str, ...]:
    """The longest first: one may contain another."""
    values = (getattr(options, name) for name in type(options).model_fields)
    secrets = {value.get_secret_value() for value in values if isinstance(value, SecretStr)}
    return tuple(sorted(filter(None, secrets), key=len, reverse=True))


def attempt(
    claimed: ClaimedDelivery,
    destination: Destination,
    store: DeliveryStore,
    clock: Callable[[], int],
    link: Link = no_link,
    *,
    files: FilesOf,
    public_url: str = "",
) -> Settlement:
    """Never raises: whatever happened is in the settlement. `clock` gives ms, UTC."""
    started_at, began = clock(), time.perf_counter()
    memory = _StoredMemory(store, claimed)
    try:
        _stop_what_kills(claimed)
        result = linked(claimed, link, started_at, public_url)
        ended: Done | NotYet | Exception = destination.connector.deliver(
            result,
            claimed.context,
            claimed.key,
            memory,
            files(result, claimed.copies, started_at),
            started_at,
        )
    except (RemoteError, LeaseLostError) as error:
        ended = error
    except Exception as error:
        log.exception(
            "attempt broke", extra={"delivery": claimed.delivery_id, "connection": claimed.connection}
        )
        ended = error
    milliseconds = round((time.perf_counter() - began) * 1000)
    try:
        return _settlement(
            claimed, destination, ended, started_at, milliseconds, progressed=memory.progressed
        )
    except Exception as error:
        log.exception(
            "answer broke", extra={"delivery": claimed.delivery_id, "connection": claimed.connection}
        )
        return _settlement(claimed, destination, error, started_at, milliseconds)


def _stop_what_kills(claimed: ClaimedDelivery) -> None:
    """Interruptions count too, so that a delivery which ends the worker each time is not begun for ever."""
    if claimed.tries > len(LADDER):
        raise RemoteError(
            "The relay stopped again and again while it sent this. See the relay's log.", "record"
        )


def _settlement(
    claimed: ClaimedDelivery,
    destination: Destination,
    ended: Done | NotYet | Exception,
    started_at: int,
    milliseconds: int,
    *,
    progressed: bool = False,
) -> Settlement:
    decision = decide(
        ended,
        tries=claimed.tries,
        now=started_at + milliseconds,
        jitter=random.random(),  # noqa: S311 - spreads load, guards nothing
        progressed=progressed and claimed.token <= RESTARTS,
    )
    route = destination.connection
    return Settlement(
        delivery_id=claimed.delivery_id,
        connection=claimed.connection,
        token=claimed.token,
        outcome=decision.outcome,
        status=decision.status,
        started_at=started_at,
        milliseconds=milliseconds,
        message=destination.masked(decision.message),
        link=destination.masked(ended.link) if isinstance(ended, Done) else "",
        http_status=ended.status if isinstance(ended, (Done, RemoteError)) else None,
        answer=destination.masked(ended.answer)[:_KEPT] if isinstance(ended, (Done, RemoteError)) else "",
        due_at=decision.due_at,
        counts=decision.counts,
        restarts=decision.restarts,
        pause=_masked(decision.pause, destination),
        fingerprint=route.fingerprint,
        hold=_masked(decision.hold, destination),
        held_by=route.held_by,
    )


def _masked(pause: Pause | None, destination: Destination) -> Pause | None:
    return pause and replace(pause, why=destination.masked(pause.why))


class _StoredMemory(Memory):
    """Read from the store at the first use, so that a connector without memory costs nothing."""

    def __init__(self, store: DeliveryStore, claimed: ClaimedDelivery) -> None:
        super().__init__()
        self._store, self._claimed = store, claimed
        self._loaded = False
        self._found = self._kept = ""

    @property
    def progressed(self) -> bool:
        """What is kept is not what this attempt found: its next one begins elsewhere."""
        return self._kept != self._found

    @property
    def batch(self) -> MutableMapping[str, Any]:
        self._content()
        return self._batch

    def _content(self) -> dict[str, Any]:
        if not self._loaded:
            for scope, values in self._scopes().items():
                values.update(self._store.load_memory(self._claimed.connection, scope))
            self._loaded = True
            self._found = self._kept = self._text()
        return self._values

    def save(self) -> None:
        self._content()
        lease = (self._claimed.delivery_id, self._claimed.token)
        self._store.save_memory(self._claimed.connection, self._scopes(), lease=lease)
        self._kept = self._text()

    def _text(self) -> str:
        return json.dumps(self._scopes(), sort_keys=True)

    def _scopes(self) -> dict[str, MutableMapping[str, Any]]:
        result = self._claimed.result
        scopes: dict[str, MutableMapping[str, Any]] = {result.generation_id: self._values}
        return scopes | ({f"batch {result.group_id}": self._batch} if result.group_id else {})
