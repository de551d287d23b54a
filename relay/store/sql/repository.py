"""Base of every repository: the database it works on, passed in by the engine's store."""

from relay.store.sql.clock import ClockChecks
from relay.store.sql.database import Database

AFTER_ALL_IDS = "~"  # what a list that is read from its newest row on begins before


class Repository:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._clock = ClockChecks()
