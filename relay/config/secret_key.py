"""The SECRET_KEY where none is set: generated once and stored in DATA_DIR, the same for every process."""

import os
import secrets
from pathlib import Path

from pydantic import SecretStr

from relay.config.settings import Settings
from relay.errors import SettingsError
from relay.private_folder import make_private_folder


def with_secret_key(settings: Settings) -> Settings:
    """Settings with a SECRET_KEY: the one that is set, else a generated one, stored (0600) in DATA_DIR."""
    if settings.secret_key.get_secret_value():
        return settings
    path = settings.data_dir / "secret_key"
    make_private_folder(path.parent)
    _create_once(path, secrets.token_urlsafe(48))
    kept = path.read_text().strip()
    if not kept:
        raise SettingsError([f"SECRET_KEY: {path} is empty; delete it, or set SECRET_KEY"])
    return settings.model_copy(update={"secret_key": SecretStr(kept)})


def _create_once(path: Path, text: str) -> None:
    """Written under another name and linked, so that two processes booting together agree on one key."""
    if path.exists():
        return
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")  # pids repeat: each container has a 1
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
