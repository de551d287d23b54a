"""One attempt: call the connector, time it, let the policy decide, write it down without secrets."""

import json
import logging
import random
import time
from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass, replace
from typing import Any

from pydantic import BaseModel, SecretStr

from connectors.base import Connector, Done, Memory, NotYet
from relay.delivery.links import Link, linked, no_link
from relay.delivery.output_files import FilesOf
from relay.delivery.retry_policy import RESTARTS, decide
from relay.errors import LeaseLostError, RemoteError
from relay.http.client import masked, spellings
from relay.models.connection import Pause, Route
from relay.models.delivery import ClaimedDelivery, Settlement
from relay.retry import LADDER
from relay.store.contract.core import OF_CONNECTION, DeliveryStore

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
    """In all the spellings that a response may have them in; the longest first: one may contain another."""
    values = (getattr(options, name) for name in type(options).model_fields)
    secrets = [value.get_secret_value() for value in values if isinstance(value, SecretStr)]
    return tuple(sorted({each for secret in secrets for each in spellings(secret)}, key=len, reverse=True))


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
    """Each scope is read at its first use, so that a connector without memory costs nothing."""

    def __init__(self, store: DeliveryStore, claimed: ClaimedDelivery) -> None:
        super().__init__()
        self._store, self._claimed = store, claimed
        self._scopes: dict[str, MutableMapping[str, Any]] = {}
        self._found: dict[str, str] = {}
        self._kept: dict[str, str] = {}

    @property
    def progressed(self) -> bool:
        """What is kept is not what this attempt found: its next one begins elsewhere."""
        return self._kept != self._found

    @property
    def batch(self) -> MutableMapping[str, Any]:
        group_id = self._claimed.result.group_id
        return self._scope(f"batch {group_id}") if group_id else self._batch

    @property
    def connection(self) -> MutableMapping[str, Any]:
        return self._scope(OF_CONNECTION)

    def _content(self) -> MutableMapping[str, Any]:
        return self._scope(self._claimed.result.generation_id)

    def _scope(self, scope: str) -> MutableMapping[str, Any]:
        if scope not in self._scopes:
            values = dict(self._store.load_memory(self._claimed.connection, scope))
            self._scopes[scope] = values
            self._found[scope] = self._kept[scope] = _text(values)
        return self._scopes[scope]

    def save(self) -> None:
        texts = {scope: _text(values) for scope, values in self._scopes.items()}
        changed = {scope: self._scopes[scope] for scope in texts if texts[scope] != self._kept[scope]}
        lease = (self._claimed.delivery_id, self._claimed.token)
        self._store.save_memory(self._claimed.connection, changed, lease=lease)
        self._kept = texts


def _text(values: Mapping[str, Any]) -> str:
    return json.dumps(values, sort_keys=True)
