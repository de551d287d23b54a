"""The API token of a request: what tools are known by, as people are by their session."""

import hashlib

from flask import request

from relay.models.job import Token
from relay.store.contract.generation import TokenStore

CHALLENGE = 'Bearer realm="CreativeAI Relay"'


def given() -> str:
    """The token as it was sent; "" without one."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def known(store: TokenStore, *, now: int) -> Token | None:
    """None: the request has no token, or one that is unknown or revoked. Raises StoreBusyError.

    Found by its hash, so that no comparison reveals how near a guess was.
    """
    token = given()
    return store.token_by_digest(hashlib.sha256(token.encode()).hexdigest(), now=now) if token else None
