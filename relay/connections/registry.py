"""All connections as they are now: those of the environment, and those of the store as they change.

Whoever asks gets what was read last; at most once a second one of them looks whether the store's revision
rose. What needs no secret (who wants which results) is known without opening any.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from connectors.base import Options
from relay import logs
from relay.connections.loader import ConnectionLoader, Filters, LoadedConnection, read_filters
from relay.delivery.attempt import Destination
from relay.errors import StoreBusyError
from relay.models.core import ConnectionState, Route, StoredConnection
from relay.models.views import ConnectionSummary
from relay.store.contract.core import ConnectionStore

log = logging.getLogger(__name__)

LOOK_SECONDS = 1.0


@dataclass(slots=True)
class _Snapshot:
    """The store's connections at one revision; the rest is filled in when somebody asks for it."""

    revision: int
    rows: Sequence[StoredConnection]
    routed: tuple[Route, ...]
    entries: Mapping[str, LoadedConnection] | None = None
    destinations: Mapping[str, Destination] | None = None


class ConnectionRegistry:
    """Safe for any thread. A connection of the environment hides a stored one of its name."""

    def __init__(
        self,
        store: ConnectionStore,
        environment: Mapping[str, tuple[Options, Filters]],
        loader: ConnectionLoader,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._loader = loader
        self._clock = clock
        self._environment = {
            name: loader.configured(name, name, options, wants)
            for name, (options, wants) in environment.items()
        }
        self._lock = threading.Lock()
        self._snapshot: _Snapshot | None = None
        self._look_at = 0.0

    def connections(self) -> Sequence[Route]:
        """Who wants results; those too that cannot be called now: what they want is owed to them.

        Raises StoreBusyError as long as it was never read.
        """
        return self._current().routed

    def of_environment(self) -> Mapping[str, LoadedConnection]:
        return self._environment

    def entries(self) -> Mapping[str, LoadedConnection]:
        """By name, the environment's first. Raises StoreBusyError as long as it was never read."""
        snapshot = self._current()
        with self._lock:
            return self._entries(snapshot)

    def destinations(self) -> Mapping[str, Destination]:
        """Those that can be called; the same mapping until something changes. Raises as `entries` does."""
        snapshot = self._current()
        with self._lock:
            if snapshot.destinations is None:
                entries = self._entries(snapshot).values()
                snapshot.destinations = {each.name: each.destination for each in entries if each.destination}
                _tell(entries)
            return snapshot.destinations

    def summaries(self) -> list[ConnectionSummary]:
        return [entry.summary() for entry in self.entries().values()]

    def hidden(self) -> list[str]:
        """Names of stored connections that one of the environment hides."""
        return [row.name for row in self._current().rows if row.name in self._environment]

    def refresh(self) -> None:
        """Look now, for whoever shows what has just been changed. Raises StoreBusyError."""
        with self._lock:
            if self._snapshot is None:
                self._load()
            else:
                self._look(self._snapshot)

    def _entries(self, snapshot: _Snapshot) -> Mapping[str, LoadedConnection]:
        if snapshot.entries is None:
            stored = {row.name: self._loader.read(row) for row in snapshot.rows}
            snapshot.entries = self._environment | {
                name: entry for name, entry in stored.items() if name not in self._environment
            }
            for entry in stored.values():
                logs.mask(entry.destination.secrets if entry.destination else ())
        return snapshot.entries

    def _current(self) -> _Snapshot:
        snapshot = self._snapshot
        if snapshot is None:
            with self._lock:
                return self._snapshot or self._load()
        if self._clock() >= self._look_at and self._lock.acquire(blocking=False):
            try:
                return self._look(snapshot)
            except StoreBusyError as error:
                log.warning("connections not read", extra={"why": str(error)})
            finally:
                self._lock.release()
        return snapshot

    def _look(self, snapshot: _Snapshot) -> _Snapshot:
        self._look_at = self._clock() + LOOK_SECONDS
        return snapshot if self._store.connections_revision() == snapshot.revision else self._load()

    def _load(self) -> _Snapshot:
        revision, rows = self._store.stored_connections()
        environment = [each.destination.connection for each in self._environment.values() if each.destination]
        stored = [_routed(row) for row in rows if row.name not in self._environment]
        self._snapshot = _Snapshot(revision, rows, (*environment, *stored))
        self._look_at = self._clock() + LOOK_SECONDS
        return self._snapshot


def _routed(row: StoredConnection) -> Route:
    """Enough for routing. Nothing is claimed with it."""
    wants, _ = read_filters(row)
    return Route(row.name, row.kind, target="", statuses=wants.statuses, kinds=wants.kinds)


def _tell(entries: Iterable[LoadedConnection]) -> None:
    for entry in entries:
        if entry.state is not ConnectionState.READY:
            log.warning("connection not ready", extra={"connection": entry.name, "why": entry.fault})
