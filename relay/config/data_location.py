"""Where the data lives, whether it lasts there, and whether this machine is the one that has it."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from relay.config import platform
from relay.config.platform import Host
from relay.config.settings import Settings


@dataclass(frozen=True, slots=True)
class DataLocation:
    """
    place       the database, without a password
    files_last  whether files in DATA_DIR outlive a restart of the machine, such as archived ones
    sentence    where the data lives and for how long
    remedy      what makes it last, as a sentence; "": it does
    elsewhere   why a command on this machine would not reach it, and what to do; "": it would
    is_remote   whether it is on a server, the same for every machine
    """

    place: str
    files_last: bool
    sentence: str
    remedy: str = ""
    elsewhere: str = ""
    is_remote: bool = False

    @property
    def lasts(self) -> bool:
        """Whether the data outlives a restart of the machine."""
        return not self.remedy


def locate(environ: Mapping[str, str], settings: Settings, mounts: str | None = None) -> DataLocation:
    """Reads what is mounted, unless `mounts` says so, and whether the database's file exists."""
    files_last = platform.files_last(environ, settings.data_dir, settings.public_url, mounts)
    if settings.postgres_url:
        place = settings.database_name
        sentence = f"The data is in the {place}, and outlives this machine."
        return DataLocation(place, files_last, sentence, is_remote=True)
    path, host = settings.database_path, platform.host(environ, settings.public_url)
    place = f"SQLite ({path})"
    if host is None:
        return DataLocation(place, files_last, f"The data is in {place}, on this machine.")
    lasts = platform.files_last(environ, path.parent, settings.public_url, mounts)
    elsewhere = _elsewhere(platform.separate_machine(environ), path, lasts, host)
    if lasts:
        sentence = f"The data is in {place}, on a volume, and outlives restarts and deploys."
        return DataLocation(place, files_last, sentence, elsewhere=elsewhere)
    sentence = (
        f"The data is in {place}, and {host.wipes}: history, connections, API tokens and pending deliveries "
        "are lost with it."
    )
    return DataLocation(place, files_last, sentence, host.remedy, elsewhere)


def _elsewhere(machine: str, path: Path, lasts: bool, host: Host) -> str:
    if not machine and (lasts or os.path.exists(path)):  # noqa: PTH110 - False also where it may not be seen
        return ""
    where = machine or f"a machine without the relay's database ({path})"
    console = f", or run the command in {host.console}" if host.console else ""
    return (
        f"Nothing was done: this is {where}, and what is written here is lost when the command ends. Use the "
        f"pages or the API of the running relay{console}. With Postgres (DATABASE_URL) commands run on every "
        "machine."
    )
