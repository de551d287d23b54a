"""What is known of connections and of the kinds there are, for whoever shows or changes them."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel

import connectors
from connectors.columns import mapped
from relay.connections.contract import (
    ConnectionInput,
    ConnectionView,
    ConnectorInfo,
    ReadOnlyConnectionError,
    UnknownConnectionError,
)
from relay.connections.loader import ConnectionLoader, LoadedConnection, readable
from relay.connections.registry import ConnectionRegistry
from relay.models.connection import StoredConnection
from relay.models.core import Result


class ConnectionCatalog:
    """Sees the last change, also one made by another process.

    A name that does not exist raises UnknownConnectionError.
    """

    def __init__(self, loader: ConnectionLoader, registry: ConnectionRegistry) -> None:
        self._loader = loader
        self._registry = registry

    def kinds(self) -> Sequence[str]:
        return connectors.kinds()

    def model(self, kind: str) -> type[BaseModel] | None:
        """Of its options; None: there is no such kind."""
        return connectors.connector(kind).Options if kind in connectors.kinds() else None

    def info(self, kind: str) -> ConnectorInfo:
        """For an unknown kind, which a newer version may have stored, its bare name."""
        if kind not in connectors.kinds():
            return ConnectorInfo(kind)
        found = connectors.connector(kind)
        return ConnectorInfo(found.title, found.summary, found.needs)

    def all(self) -> Sequence[ConnectionView]:
        self._registry.refresh()
        return self._registry.views()

    def one(self, name: str) -> ConnectionView | None:
        return next((each for each in self.all() if each.name == name), None)

    def hidden(self) -> Sequence[str]:
        """Names of stored connections that are not used: the environment has one of the same name."""
        return self._registry.hidden()

    def sample(self, name: str, result: Result, context: Mapping[str, Any]) -> Sequence[tuple[str, str, str]]:
        """(field, column, value) as they would be written; empty: it writes no columns."""
        columns = getattr(self._known(name).options, "columns", {})
        values = mapped(columns, result, context)
        return [(field, column, str(values[column])) for field, column in columns.items()]

    def stored_input(self, name: str) -> ConnectionInput:
        """What was entered for it, without the secrets: what a change of single options starts from."""
        row = self._stored(name)
        filters = {field: str(words) for field, words in readable(row.filters).items()}
        statuses = filters["statuses"].split(",") if filters.get("statuses") else None
        kinds = filters["kinds"].split(",") if filters.get("kinds") else ()
        return ConnectionInput(name, row.kind, readable(row.options), statuses, kinds)

    def lost_secrets(self, name: str) -> Sequence[str]:
        """Names of those that cannot be decrypted any more; a change has to enter or remove each of them."""
        return self._loader.stored_secrets(self._stored(name))[1]

    def _loaded(self) -> Mapping[str, LoadedConnection]:
        self._registry.refresh()
        return self._registry.loaded()

    def _known(self, name: str) -> LoadedConnection:
        loaded = self._loaded().get(name)
        if loaded is None:
            raise self._unknown(name)
        return loaded

    def _stored(self, name: str) -> StoredConnection:
        """Raises ReadOnlyConnectionError for one of the environment."""
        row = self._known(name).stored
        if row is None:
            where = f"{name.upper()}_..."
            raise ReadOnlyConnectionError(f"{name} is configured in the environment. Change {where} there.")
        return row

    def _unknown(self, name: str) -> UnknownConnectionError:
        known = ", ".join(self._loaded()) or "none yet"
        return UnknownConnectionError(f"There is no connection {name}. There are: {known}.")
