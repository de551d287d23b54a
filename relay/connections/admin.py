"""What a person does with connections: one set of rules under the command line, the API and the pages."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

from connectors.base import Connector
from relay.connections import probe
from relay.connections.catalog import ConnectionCatalog
from relay.connections.contract import ConnectionInput, Faults
from relay.connections.loader import ConnectionLoader, LoadedConnection
from relay.connections.redaction import view
from relay.connections.registry import ConnectionRegistry
from relay.connections.status import connection_status
from relay.models.connection import CheckResult, Pause, Route, StoredConnection
from relay.models.core import new_id
from relay.models.delivery import connection_removed
from relay.store.contract.access_log import AccessKind, AccessLogStore, AccessNote
from relay.store.contract.core import OF_CONNECTION, ConnectionStore

log = logging.getLogger(__name__)

_MOST_WHY = 200  # characters of a reason
_TAKEN = {"name": "There is a connection of this name already. Choose another name, or edit that one."}
_CHANGED = {
    "": "This connection was changed elsewhere since you opened it, so nothing was saved. Compare your "
    "entries with the connection, then save again."
}


class Store(ConnectionStore, AccessLogStore, Protocol):
    """What these actions need besides the connections' rows; see `relay.store.contract`."""

    def pauses(self) -> dict[str, Pause]: ...

    def pause(self, connection: str, pause: Pause, *, fingerprint: str = "") -> None: ...

    def resume(self, connection: str, *, now: int) -> bool: ...

    def update_routes(self, connections: Sequence[Route]) -> list[str]: ...

    def load_memory(self, connection: str, scope: str) -> Mapping[str, Any]: ...


class ConnectionAdmin(ConnectionCatalog):
    """Sentences and links hold no secret. Changing a connection of the environment raises
    ReadOnlyConnectionError.
    """

    def __init__(
        self,
        store: Store,
        loader: ConnectionLoader,
        registry: ConnectionRegistry,
        *,
        patience: float = probe.PATIENCE,
    ) -> None:
        super().__init__(loader, registry)
        self._store = store
        self._patience = patience

    # ---- adding and changing

    def validate(self, entered: ConnectionInput) -> Faults:
        """What `add` would object to, every fault at once; empty: it can be added."""
        if entered.name in {*self._loaded(), *self._registry.hidden()}:
            return _TAKEN
        return _by_field(self._loader.row(entered)[1])

    def add(
        self, entered: ConnectionInput, now: int, remote_addr: str = ""
    ) -> tuple[Faults, CheckResult | None]:
        """Faults, or how its check went. It gets results only after a check that went well: else it is kept
        paused, with the reason, until a person changes or resumes it.

        `remote_addr`: who enters the secrets, for the access log; "": a command.
        """
        row = None if (faults := self.validate(entered)) else self._loader.row(entered)[0]
        if row is None:
            return faults, None
        loaded = self._loader.read(row)
        found = probe.check(loaded, {}, self._patience)
        if not self._store.add_connection(row):
            return _TAKEN, None
        self._note_secrets(entered, row, now, remote_addr)
        self._follow(loaded)
        if found.ok:
            words = f"{row.name} works and gets results from now on: {view(loaded).gets}. {found.message}"
            return {}, replace(found, message=words)
        why = f"The check when it was added failed: {found.message}"
        self._store.pause(row.name, Pause(now, why, None), fingerprint=_fingerprint(loaded))
        words = (
            f"{row.name} is added and paused, because its check failed: {found.message} Its results are kept "
            "until you fix or resume it."
        )
        return {}, replace(found, message=words)

    def validate_change(self, entered: ConnectionInput) -> Faults:
        """What `change` would object to, every fault at once."""
        return self._changed(self._stored(entered.name), entered)[1]

    def change(
        self, entered: ConnectionInput, revision: int, now: int, remote_addr: str = ""
    ) -> tuple[Faults, CheckResult | None]:
        """Faults, or how its check went after it was saved. A secret that is not entered stays.

        A pause or hold that came from the options before ends. `revision`: of the view that the change
        starts from. `remote_addr` as for `add`.
        """
        row = self._stored(entered.name)
        changed, faults = self._changed(row, entered)
        if changed is None:
            return faults, None
        if row.revision != revision or not self._store.change_connection(replace(changed, revision=revision)):
            return _CHANGED, None
        self._note_secrets(entered, changed, now, remote_addr)
        loaded = self._known(row.name)
        self._follow(loaded)
        found = probe.check(loaded, self._remembered(row.name), self._patience)
        words = (
            f"{row.name} is saved and works: {view(loaded).gets}. {found.message}"
            if found.ok
            else f"{row.name} is saved, but its check failed: {found.message}"
        )
        if pause := self._store.pauses().get(row.name):
            words += f" {connection_status(view(loaded), pause, now).reason}"
        return {}, replace(found, message=words)

    def remove(self, name: str, now: int) -> int:
        """Send nothing there any more. How many pending deliveries were skipped by it."""
        self._stored(name)
        skipped = self._store.remove_connection(name, now=now, note=connection_removed(name))
        if skipped is None:
            raise self._unknown(name)
        return skipped

    # ---- checking, testing, pausing

    def check(self, name: str) -> CheckResult:
        """Whether deliveries would work, without writing."""
        return probe.check(self._known(name), self._remembered(name), self._patience)

    def test(self, name: str, now: int) -> CheckResult:
        """Write something marked as a test."""
        return self._ask(name, lambda connector: connector.test(new_id("test", now), now))

    def remove_test(self, name: str, written: Mapping[str, str]) -> CheckResult:
        """`written`: as that test's result has it."""
        return self._ask(name, lambda connector: connector.remove_test(written))

    def pause(self, name: str, why: str, *, now: int, until: int | None = None) -> None:
        """Keep its deliveries until then (ms), or until a person resumes it."""
        self._known(name)
        self._store.pause(name, Pause(since=now, why=why.strip()[:_MOST_WHY], until=until))

    def resume(self, name: str, *, now: int, anyway: bool = False) -> CheckResult:
        """End its pause after a check that went well; `anyway`: without one. A hold needs none: the
        destination named no fault."""
        pause = self._store.pauses().get(name)
        if pause is None:
            self._known(name)
            return CheckResult(False, f"{name} is not paused.")
        if not (anyway or pause.held):
            found = self.check(name)
            if not found.ok:
                return replace(
                    found, message=f"{name} stays paused, because its check failed: {found.message}"
                )
        self._store.resume(name, now=now)
        waiting = self._store.waiting(name)
        sent = "1 pending delivery is" if waiting == 1 else f"{waiting} pending deliveries are"
        return CheckResult(True, f"{name} is resumed; {sent} sent now.")

    # ----

    def _follow(self, loaded: LoadedConnection) -> None:
        """At once, so that pages show it; the worker does the same when it reads the change."""
        if loaded.destination:
            self._store.update_routes([loaded.destination.connection])

    def _note_secrets(
        self, entered: ConnectionInput, row: StoredConnection, now: int, remote_addr: str
    ) -> None:
        changed = [field for field in entered.values if field in row.sealed_fields]
        for fields, kind in (
            (changed, AccessKind.SECRET_CHANGED),
            (entered.removed_secrets, AccessKind.SECRET_REMOVED),
        ):
            if fields:
                self._store.note_access(AccessNote(kind, now, row.name, remote_addr))
                if remote_addr:  # a command says itself what it did
                    message = f"connection {kind}".replace("_", " ")
                    log.info(message, extra={"connection": row.name, "sender": remote_addr})

    def _remembered(self, name: str) -> Mapping[str, Any]:
        return self._store.load_memory(name, OF_CONNECTION)

    def _ask(self, name: str, call: Callable[[Connector], CheckResult]) -> CheckResult:
        return probe.ask(self._known(name), self._remembered(name), call, self._patience)

    def _changed(
        self, row: StoredConnection, entered: ConnectionInput
    ) -> tuple[StoredConnection | None, Faults]:
        secrets, lost = self._loader.stored_secrets(row)
        values = {field: value for field, value in secrets.items() if field not in entered.removed_secrets}
        values |= entered.values
        lost = [field for field in lost if field not in (*values, *entered.removed_secrets)]
        changed, faults = self._loader.row(replace(entered, kind=row.kind, values=values))
        again = [f"{field}: was lost with the key that encrypted it. Enter it again." for field in lost]
        return (None if again else changed), _by_field([*again, *faults])


def _fingerprint(loaded: LoadedConnection) -> str:
    return loaded.destination.connection.fingerprint if loaded.destination else ""


def _by_field(faults: Sequence[str]) -> Faults:
    """The first of each field, as a sentence to show beside it."""
    found: dict[str, str] = {}
    for fault in faults:
        field, _, words = fault.partition(": ")
        found.setdefault(field, _sentence(words))
    return found


def _sentence(words: str) -> str:
    if words.startswith("is missing"):
        return "Enter a value: this field is required."
    return words[:1].upper() + words[1:].rstrip(".") + "."
