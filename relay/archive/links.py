"""Links to archived copies: signed, without an expiry, and valid only for the copy they were made for."""

from collections.abc import Callable, Sequence
from hashlib import sha256

from itsdangerous import Signer

from relay.models.archive import Copy

PATH = "/files"


class Links:
    """`secrets`: the first signs, all are accepted."""

    def __init__(self, secrets: Sequence[str], public_url: str) -> None:
        oldest_first = [secret.encode() for secret in reversed(secrets)]
        self._signer = Signer(
            oldest_first, salt=b"relay archive", key_derivation="hmac", digest_method=sha256
        )
        self._public_url = public_url

    def link(self, key: str) -> str:
        """ "" without an address at which others reach the relay."""
        if not self._public_url:
            return ""
        return f"{self._public_url}{PATH}/{self._signer.get_signature(key).decode()}/{key}"

    def is_ours(self, key: str, signature: str) -> bool:
        """Compares in constant time."""
        return self._signer.verify_signature(key.encode(), signature.encode())


def link_function(
    local: Links, s3: Callable[[str, int], tuple[str, int | None]] | None
) -> Callable[[Copy, int], tuple[str, int | None] | None]:
    """How deliveries find the link of a copy. A copy in a storage that is no longer configured has none."""

    def link(copy: Copy, now: int) -> tuple[str, int | None] | None:
        if copy.storage == "s3":
            return s3(copy.key, now) if s3 else None
        url = local.link(copy.key)
        return (url, None) if url else None

    return link
