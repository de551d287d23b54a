"""Makes bearer tokens of the API and hashes them."""

import hashlib
import secrets

PREFIX = "cr_"  # so that a leaked token is recognized
LONGEST_NAME = 64


def new_token() -> tuple[str, str]:
    """The token, which is shown once, and its hash, which is stored."""
    token = PREFIX + secrets.token_urlsafe(32)
    return token, digest_of(token)


def digest_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def name_fault(name: str) -> str:
    """ "" : the name is valid."""
    if 0 < len(name) <= LONGEST_NAME and name.isprintable():
        return ""
    return f"must be 1 to {LONGEST_NAME} printable characters"
