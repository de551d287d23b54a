"""The address of a share link: the link's id, signed with the app's key, so that nobody can make one up."""

from collections.abc import Sequence
from hashlib import sha256

from itsdangerous import BadSignature, Signer


class ShareTokens:
    """`secrets`: the first signs, all are accepted."""

    def __init__(self, secrets: Sequence[str]) -> None:
        oldest_first = [secret.encode() for secret in reversed(secrets)]
        self._signer = Signer(oldest_first, salt=b"relay share", key_derivation="hmac", digest_method=sha256)

    def sign(self, share_id: str) -> str:
        return self._signer.sign(share_id).decode()

    def read(self, token: str) -> str | None:
        """None: we did not sign it. Whether it still opens anything, the store knows."""
        try:
            return self._signer.unsign(token.encode()).decode()
        except (BadSignature, UnicodeError):
            return None
