"""Bearer tokens of the API: made here, for whoever hands them out."""

import hashlib
import secrets

PREFIX = "cr_"  # tells whoever finds one what it is
LONGEST_NAME = 64


def new_token() -> tuple[str, str]:
    """The token, which is shown once, and its hash, which is kept."""
    token = PREFIX + secrets.token_urlsafe(32)
    return token, digest_of(token)


def digest_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def name_fault(name: str) -> str:
    """ "" : it will do."""
    if 0 < len(name) <= LONGEST_NAME and name.isprintable():
        return ""
    return f"must be 1 to {LONGEST_NAME} printable characters"
