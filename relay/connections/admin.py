"""Connections as the pages change, look at and try them."""

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from queue import Empty, SimpleQueue
from typing import Any, Protocol

from pydantic import BaseModel

import connectors
from connectors.base import CheckResult, Connector
from connectors.columns import mapped
from relay.connections.contract import ConnectionForm, ConnectionView, Faults
from relay.connections.loader import ConnectionInput, ConnectionLoader, LoadedConnection
from relay.connections.redaction import kept_secrets, plain_options
from relay.connections.registry import ConnectionRegistry
from relay.models.core import Pause, Result, Route, StoredConnection, new_id
from relay.store.contract.core import ConnectionStore

log = logging.getLogger(__name__)

_PATIENCE = 25.0  # seconds that a person waits for the other side
_LOOKING, _LOOKING_MS = "It was just added and is being looked at.", 60_000
_GONE = "There is no connection of this name any more."
_ENVIRONMENT = "The host has set this connection; it is changed there."


class Store(ConnectionStore, Protocol):
    """What it may do to a connection; see `relay.store.contract.core.DeliveryStore`."""

    def pause(self, connection: str, pause: Pause, *, fingerprint: str = "") -> None: ...

    def resume(self, connection: str) -> bool: ...

    def resume_changed(self, connections: Sequence[Route]) -> list[str]: ...


class Connections:
    """What `relay.connections.contract.Connecting` asks for."""

    def __init__(
        self,
        store: Store,
        loader: ConnectionLoader,
        registry: ConnectionRegistry,
        *,
        patience: float = _PATIENCE,
    ) -> None:
        self._store = store
        self._loader = loader
        self._registry = registry
        self._patience = patience

    def kinds(self) -> Sequence[str]:
        return connectors.kinds()

    def model(self, kind: str) -> type[BaseModel] | None:
        return connectors.connector(kind).Options if kind in connectors.kinds() else None

    def all(self) -> Sequence[ConnectionView]:
        return [self._known(entry) for entry in self._entries().values()]

    def one(self, name: str) -> ConnectionView | None:
        entry = self._entries().get(name)
        return self._known(entry) if entry else None

    def add(self, name: str, kind: str, typed: ConnectionForm, now: int) -> tuple[Faults, CheckResult | None]:
        if faults := self._add(name, kind, typed):
            return faults, None
        self._store.pause(name, Pause(since=now, why=_LOOKING, until=now + _LOOKING_MS))
        told = self.check(name)
        if told.ok:
            self._store.resume(name)
        else:  # a change of the options ends this pause
            why = f"A look at it, when it was added, found: {told.message}"
            self._store.pause(name, Pause(now, why, None), fingerprint=self._fingerprint(name))
        return {}, told

    def _add(self, name: str, kind: str, typed: ConnectionForm) -> Faults:
        taken = {"name": "There is a connection of this name already. Choose another, or edit that one."}
        if name in {*self._entries(), *self._registry.hidden()}:
            return taken
        row, faults = self._loader.row(ConnectionInput(name, kind, typed.values, _wants(typed)))
        if row is None:
            return _by_field(faults)
        return {} if self._store.add_connection(row) else taken

    def change(self, name: str, revision: int, typed: ConnectionForm) -> Faults:
        row = self._stored(name)
        if row is None:
            return {"": _ENVIRONMENT if name in self._entries() else _GONE}
        secrets, lost = self._loader.kept(row)
        values = {field: value for field, value in secrets.items() if field not in typed.removed_secrets}
        values |= typed.values
        lost = [field for field in lost if field not in (*values, *typed.removed_secrets)]
        changed, faults = self._loader.row(ConnectionInput(name, row.kind, values, _wants(typed)))
        again = [f"{field}: was lost with the key that it was kept under. Enter it again." for field in lost]
        if changed is None or again:
            return _by_field([*again, *faults])
        if row.revision != revision or not self._store.change_connection(replace(changed, revision=revision)):
            return {
                "": "Somebody else has changed this connection since you opened the form, so nothing was "
                "saved. Your entries stand below: compare them, then save again."
            }
        entry = self._entries().get(name)
        if entry and entry.destination:
            self._store.resume_changed([entry.destination.connection])
        return {}

    def check(self, name: str) -> CheckResult:
        return self._ask(name, lambda connector: connector.check())

    def test(self, name: str, now: int) -> CheckResult:
        return self._ask(name, lambda connector: connector.test(new_id("test", now), now))

    def remove_test(self, name: str, written: Mapping[str, str]) -> CheckResult:
        return self._ask(name, lambda connector: connector.remove_test(written))

    def sample(self, name: str, result: Result, context: Mapping[str, Any]) -> Sequence[tuple[str, str, str]]:
        entry = self._entries().get(name)
        columns = getattr(entry.options, "columns", {}) if entry else {}
        values = mapped(columns, result, context)
        return [(field, column, str(values[column])) for field, column in columns.items()]

    def _fingerprint(self, name: str) -> str:
        entry = self._entries().get(name)
        return entry.destination.connection.fingerprint if entry and entry.destination else ""

    def _entries(self) -> Mapping[str, LoadedConnection]:
        self._registry.refresh()
        return self._registry.entries()

    def _known(self, entry: LoadedConnection) -> ConnectionView:
        return ConnectionView(
            summary=entry.summary(),
            options=plain_options(entry),
            secrets=kept_secrets(entry),
            revision=entry.stored.revision if entry.stored else None,
            hides=entry.name in self._registry.hidden(),
        )

    def _stored(self, name: str) -> StoredConnection | None:
        entry = self._entries().get(name)
        return entry.stored if entry else None

    def _ask(self, name: str, ask: Callable[[Connector], CheckResult]) -> CheckResult:
        """Never raises for what the other side does, and never takes longer than a person waits."""
        entry = self._entries().get(name)
        if entry is None or entry.destination is None:
            return CheckResult(False, entry.fault if entry else _GONE)
        destination, ended = entry.destination, SimpleQueue[CheckResult | None]()

        def run() -> None:
            try:
                ended.put(ask(destination.connector))
            except Exception:
                log.exception("connection not asked", extra={"connection": name})
                ended.put(None)

        threading.Thread(target=run, daemon=True).start()
        try:
            found = ended.get(timeout=self._patience)
        except Empty:
            words = (
                f"No answer within {self._patience:g} seconds. It may still come; look there, or try again."
            )
            return CheckResult(False, words)
        if found is None:
            return CheckResult(False, "The relay failed by itself while it asked; its log has more.")
        masked = destination.masked
        return CheckResult(found.ok, masked(found.message), masked(found.link), found.written)


def _wants(typed: ConnectionForm) -> dict[str, str]:
    given = {"statuses": ",".join(typed.statuses), "kinds": ",".join(typed.kinds)}
    return {name: value for name, value in given.items() if value}


def _by_field(faults: Sequence[str]) -> Faults:
    """The first of each field, as a sentence that stands beside it."""
    found: dict[str, str] = {}
    for fault in faults:
        field, _, words = fault.partition(": ")
        found.setdefault(field, _sentence(words))
    return found


def _sentence(words: str) -> str:
    if words.startswith("is missing"):
        return "Enter this: it cannot go without."
    return words[:1].upper() + words[1:].rstrip(".") + "."
