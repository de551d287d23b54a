"""Encrypts stored secrets under SECRET_KEY, one envelope for all secrets of a connection.

The name is inside the envelope, so that one connection's secrets cannot be put into another's row.
"""

import base64
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from pydantic import SecretStr

from relay.errors import SealedError

if TYPE_CHECKING:
    from cryptography.fernet import Fernet

_PURPOSE = b"relay: secrets of connections"  # another purpose of SECRET_KEY gets another key


class Vault:
    """`keys`: SECRET_KEY, then its earlier values. Cheap to make: cryptography is imported on first use."""

    def __init__(self, keys: Sequence[SecretStr]) -> None:
        self._keys = keys
        self._cached: list[Fernet] = []

    def seal(self, name: str, secrets: Mapping[str, str]) -> str:
        """The envelope, "" without secrets."""
        if not secrets:
            return ""
        content = json.dumps({"name": name, "secrets": dict(secrets)})
        return self._fernets()[0].encrypt(content.encode()).decode()

    def open(self, name: str, envelope: str) -> dict[str, str]:
        """Raises SealedError."""
        if not envelope:
            return {}
        content = json.loads(self._decrypt(envelope, self._fernets()))
        if content["name"] != name:
            raise SealedError("the stored secrets are those of another connection")
        secrets: dict[str, str] = content["secrets"]
        return secrets

    def is_current(self, envelope: str) -> bool:
        """Whether it is encrypted under the newest key, or empty."""
        try:
            return not envelope or bool(self._decrypt(envelope, self._fernets()[:1]))
        except SealedError:
            return False

    def _decrypt(self, envelope: str, fernets: "Sequence[Fernet]") -> bytes:
        from cryptography.fernet import InvalidToken, MultiFernet

        try:
            return MultiFernet(fernets).decrypt(envelope.encode())
        except InvalidToken:
            raise SealedError("no known SECRET_KEY decrypts the stored secrets") from None

    def _fernets(self) -> "list[Fernet]":
        if not self._cached:
            from cryptography.fernet import Fernet

            self._cached = [Fernet(_derive_key(key)) for key in self._keys]
        return self._cached


def _derive_key(key: SecretStr) -> bytes:
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    expanded = HKDF(SHA256(), length=32, salt=None, info=_PURPOSE).derive(key.get_secret_value().encode())
    return base64.urlsafe_b64encode(expanded)
