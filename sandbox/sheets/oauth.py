"""Google's token endpoint: a signed assertion of a service account in, an access token out.

https://developers.google.com/identity/protocols/oauth2/service-account#httprest
The signature itself is not checked: the sandbox knows no public keys.
"""

import base64
import json
import secrets
import threading
from collections.abc import Callable, Mapping
from typing import Any

from sandbox.sheets.errors import unauthenticated

GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
AUDIENCE = "https://oauth2.googleapis.com/token"
SCOPE = "https://www.googleapis.com/auth/spreadsheets"
LIFE = 3599
LONGEST = 3600


class TokenError(Exception):
    """An error in OAuth's own format."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.body = {"error": error, "error_description": description}


class Tokens:
    """Issued access tokens, each with its account."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._given: dict[str, tuple[str, float]] = {}

    def grant(self, form: Mapping[str, str]) -> dict[str, Any]:
        if form.get("grant_type") != GRANT:
            raise TokenError("unsupported_grant_type", f"Invalid grant_type: {form.get('grant_type', '')}")
        claims = _claims(form.get("assertion", ""))
        token = f"ya29.sandbox-{secrets.token_urlsafe(24)}"
        with self._lock:
            self._given[token] = (claims["iss"], self._clock() + LIFE)
        return {"access_token": token, "expires_in": LIFE, "token_type": "Bearer"}

    def account(self, authorization: str) -> str:
        """Whose token it is. Raises Google's 401 for one that is unknown or has ended."""
        with self._lock:
            email, ends_at = self._given.get(authorization.removeprefix("Bearer "), ("", 0.0))
        if self._clock() >= ends_at:
            raise unauthenticated()
        return email

    def revoke_all(self) -> int:
        with self._lock:
            count = len(self._given)
            self._given.clear()
        return count


def _claims(assertion: str) -> dict[str, Any]:
    parts = assertion.split(".")
    try:
        header, claims = (json.loads(base64.urlsafe_b64decode(part + "==")) for part in parts[:2])
        sound = len(parts) == 3 and header["alg"] == "RS256" and bool(parts[2]) and "@" in claims["iss"]
        lives = claims["exp"] - claims["iat"]
    except (ValueError, LookupError, TypeError):
        sound, claims, lives = False, {}, 0
    if not sound:
        raise TokenError("invalid_grant", "Invalid JWT Signature.")
    if claims.get("aud") != AUDIENCE:
        raise TokenError("invalid_grant", "Invalid JWT: Failed audience check.")
    if not 0 < lives <= LONGEST:
        raise TokenError(
            "invalid_grant",
            "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. "
            "Check your iat and exp values in the JWT claim.",
        )
    if SCOPE not in str(claims.get("scope", "")).split():
        raise TokenError("invalid_scope", "Invalid OAuth scope or ID token audience provided.")
    return dict(claims)
