"""The token in a share link's URL: the link's ID, signed with the app's key so that it cannot be forged."""

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
        """None: not signed by this app. Whether the link is still valid is for the store to say."""
        try:
            return self._signer.unsign(token.encode()).decode()
        except (BadSignature, UnicodeError):
            return None
