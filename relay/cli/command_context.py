"""What a command about deliveries and connections works with."""

from dataclasses import dataclass
from typing import Self

import click

from relay.bootstrap.app import make_connection_admin
from relay.bootstrap.configuration import Configuration
from relay.cli.context import now
from relay.connections.admin import ConnectionAdmin
from relay.connections.contract import ConnectionView
from relay.connections.status import connection_statuses
from relay.models.status import Status
from relay.store.contract.core import Store


@dataclass(frozen=True, slots=True)
class CommandContext:
    """The store and the connections in it and in the environment."""

    store: Store
    admin: ConnectionAdmin

    @classmethod
    def open(cls, configuration: Configuration, store: Store) -> Self:
        return cls(store, make_connection_admin(configuration, store))

    def statuses(self) -> dict[str, Status]:
        """Of all connections, by name, as they are now."""
        return connection_statuses(self.admin.all(), self.store.pauses(), now())

    def view(self, name: str) -> ConnectionView:
        found = self.admin.all()
        known = next((each for each in found if each.name == name), None)
        if known is None:
            names = ", ".join(each.name for each in found) or "none yet"
            raise click.ClickException(f"There is no connection {name}. There are: {names}.")
        return known
