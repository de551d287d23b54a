"""The SECRET_KEY where none is set: generated once, and kept where the data is, the same for every process.

With SQLite that is a file in DATA_DIR; with Postgres a setting in the database, since several machines share
it and their disks may not stay.
"""

import secrets
from contextlib import closing, suppress

from pydantic import SecretStr

from relay.bootstrap.store import make_store
from relay.config import secret_key
from relay.config.settings import Settings
from relay.errors import StoreBusyError
from relay.store.contract.core import Store

_SETTING = "secret_key"


def with_secret_key(settings: Settings) -> Settings:
    """Raises StoreBusyError where the database that has it does not answer.

    A generated one in the database that is not the key (any more) is accepted like a fallback: until the next
    start what it encrypted can be read, and is encrypted anew (`forget_replaced_key`).
    """
    if settings.postgres_url and not settings.secret_key.get_secret_value():
        with closing(make_store(settings)) as store:
            store.migrate()  # the first process of all asks before any table is there
            kept = store.setting(_SETTING) or store.keep_setting(_SETTING, secrets.token_urlsafe(48))
        return settings.model_copy(update={"secret_key": SecretStr(kept)})
    settings = secret_key.with_secret_key(settings)
    replaced = _replaced(settings)
    fallbacks = [*settings.secret_key_fallbacks, *(SecretStr(key) for key in replaced)]
    return settings.model_copy(update={"secret_key_fallbacks": fallbacks}) if replaced else settings


def forget_replaced_key(settings: Settings, store: Store) -> None:
    """Once all that is kept is encrypted under the key of now."""
    kept = store.setting(_SETTING)
    if kept is not None and kept != settings.secret_key.get_secret_value():
        store.put_setting(_SETTING, None)


def _replaced(settings: Settings) -> list[str]:
    """Of a database that a restore brought, or that had no key of the host's so far."""
    if not settings.postgres_url and not settings.database_path.exists():
        return []
    with closing(make_store(settings)) as store, suppress(StoreBusyError):
        kept = store.setting(_SETTING)
        return [kept] if kept and kept != settings.secret_key.get_secret_value() else []
    return []
