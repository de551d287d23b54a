"""Secrets of the environment that are not those of the last start are noted in the access log.

What the store keeps of them is digests, sealed under SECRET_KEY.
"""

import hashlib
import logging
from collections.abc import Mapping

from relay.errors import SealedError
from relay.security.encryption import Vault
from relay.store.contract.access_log import AccessKind, AccessNote
from relay.store.contract.core import Store

log = logging.getLogger(__name__)

_SETTING = "environment_secrets"  # also what they are sealed for
SECRET_KEY = "SECRET_KEY"  # noqa: S105 - a name


def note_changes(secrets: Mapping[str, str], store: Store, vault: Vault, *, now: int) -> None:
    """`secrets`, SECRET_KEY among them, by the names of their settings. The first start notes nothing."""
    digests = {name: hashlib.sha256(value.encode()).hexdigest() for name, value in secrets.items()}
    try:
        before = vault.open(_SETTING, store.setting(_SETTING) or "")
    except SealedError:  # of the others nothing is known without the earlier key
        before = digests | {SECRET_KEY: ""}
    if before == digests:
        return
    changed = sorted(name for name in before | digests if before.get(name) != digests.get(name))
    for name in changed if before else ():
        store.note_access(AccessNote(AccessKind.ENVIRONMENT_SECRET_CHANGED, now, name))
        log.info("secret changed in the environment", extra={"setting": name})
    store.put_setting(_SETTING, vault.seal(_SETTING, digests))
