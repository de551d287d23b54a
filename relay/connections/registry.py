"""All connections as they are now: those of the environment, and those of the store as they change.

A reader gets what was read last; at most once a second one reader checks whether the store's revision rose.
Routing needs no secret, so no secret is decrypted for it.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from connectors.base import Options
from relay import logs
from relay.connections.contract import ConnectionView
from relay.connections.loader import ConnectionLoader, Filters, LoadedConnection, read_filters
from relay.connections.redaction import view
from relay.delivery.attempt import Destination
from relay.errors import StoreBusyError
from relay.models.connection import ConnectionState, Route, StoredConnection
from relay.store.contract.core import ConnectionStore

log = logging.getLogger(__name__)

CHECK_SECONDS = 1.0


@dataclass(slots=True)
class _Snapshot:
    """The store's connections at one revision; the rest is filled in when it is first needed."""

    revision: int
    rows: Sequence[StoredConnection]
    routes: tuple[Route, ...]
    loaded: Mapping[str, LoadedConnection] | None = None
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
            name: loader.configured(name, name, options, filters)
            for name, (options, filters) in environment.items()
        }
        self._lock = threading.Lock()
        self._snapshot: _Snapshot | None = None
        self._check_at = 0.0

    def connections(self) -> Sequence[Route]:
        """Those that cannot be called now too: their deliveries are kept until they can.

        Raises StoreBusyError as long as the store was never read.
        """
        return self._current().routes

    def is_fresh(self) -> bool:
        """The next `connections` does not read the store."""
        return self._snapshot is not None and self._clock() < self._check_at

    def from_environment(self) -> Mapping[str, LoadedConnection]:
        return self._environment

    def loaded(self) -> Mapping[str, LoadedConnection]:
        """By name, the environment's first. Raises StoreBusyError as long as the store was never read."""
        snapshot = self._current()
        with self._lock:
            return self._loaded(snapshot)

    def destinations(self) -> Mapping[str, Destination]:
        """Those that can be called; the same mapping until something changes. Raises as `loaded` does."""
        snapshot = self._current()
        with self._lock:
            if snapshot.destinations is None:
                loaded = self._loaded(snapshot).values()
                snapshot.destinations = {each.name: each.destination for each in loaded if each.destination}
                _log_faults(loaded)
            return snapshot.destinations

    def views(self) -> list[ConnectionView]:
        """As `loaded`, without the secrets."""
        hidden = self.hidden()
        return [view(each, hides=each.name in hidden) for each in self.loaded().values()]

    def hidden(self) -> list[str]:
        """Names of stored connections that one of the environment hides."""
        return [row.name for row in self._current().rows if row.name in self._environment]

    def refresh(self) -> None:
        """Check the store now, to show what has just been changed. Raises StoreBusyError."""
        with self._lock:
            if self._snapshot is None:
                self._load()
            else:
                self._check(self._snapshot)

    def _loaded(self, snapshot: _Snapshot) -> Mapping[str, LoadedConnection]:
        if snapshot.loaded is None:
            stored = {row.name: self._loader.read(row) for row in snapshot.rows}
            snapshot.loaded = self._environment | {
                name: loaded for name, loaded in stored.items() if name not in self._environment
            }
            for loaded in stored.values():
                logs.mask(loaded.destination.secrets if loaded.destination else ())
        return snapshot.loaded

    def _current(self) -> _Snapshot:
        snapshot = self._snapshot
        if snapshot is None:
            with self._lock:
                return self._snapshot or self._load()
        if self._clock() >= self._check_at and self._lock.acquire(blocking=False):
            try:
                return self._check(snapshot)
            except StoreBusyError as error:
                log.warning("connections not read", extra={"why": str(error)})
            finally:
                self._lock.release()
        return snapshot

    def _check(self, snapshot: _Snapshot) -> _Snapshot:
        self._check_at = self._clock() + CHECK_SECONDS
        return snapshot if self._store.connections_revision() == snapshot.revision else self._load()

    def _load(self) -> _Snapshot:
        revision, rows = self._store.stored_connections()
        environment = [each.destination.connection for each in self._environment.values() if each.destination]
        stored = [_route(row) for row in rows if row.name not in self._environment]
        self._snapshot = _Snapshot(revision, rows, (*environment, *stored))
        self._check_at = self._clock() + CHECK_SECONDS
        return self._snapshot


def _route(row: StoredConnection) -> Route:
    """Enough for routing; the claim goes by the destination's own route, which has target and pace."""
    filters, _ = read_filters(row)
    return Route(row.name, row.kind, target="", statuses=filters.statuses, kinds=filters.kinds)


def _log_faults(loaded: Iterable[LoadedConnection]) -> None:
    for each in loaded:
        if each.state is not ConnectionState.READY:
            log.warning("connection not ready", extra={"connection": each.name, "why": each.fault})
