"""The SECRET_KEY where none is set: generated once, and kept where the data is, the same for every process.

With SQLite that is a file in DATA_DIR; with Postgres a setting in the database, since several machines share
it and their disks may not stay.
"""

import secrets
from contextlib import closing

from pydantic import SecretStr

from relay.bootstrap.store import make_store
from relay.config import secret_key
from relay.config.settings import Settings

_SETTING = "secret_key"


def with_secret_key(settings: Settings) -> Settings:
    """Raises StoreBusyError where the database that has it does not answer."""
    if not settings.postgres_url or settings.secret_key.get_secret_value():
        return secret_key.with_secret_key(settings)
    with closing(make_store(settings)) as store:
        store.migrate()  # the first process of all asks before any table is there
        kept = store.setting(_SETTING) or store.keep_setting(_SETTING, secrets.token_urlsafe(48))
    return settings.model_copy(update={"secret_key": SecretStr(kept)})
