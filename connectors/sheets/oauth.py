"""Access tokens of Google, minted with a service account's key and kept until shortly before they end.

https://developers.google.com/identity/protocols/oauth2/service-account
Google's library signs; the call is ours. Its own session would sleep, retry and call further hosts.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connectors.sheets.service_account import ServiceAccount
from relay.errors import RemoteError
from relay.http.client import Http, HttpResponse

TOKEN_URL = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address
SCOPE = "https://www.googleapis.com/auth/spreadsheets"
_EARLY = 300  # seconds before its end that a token is not used any more
_PASSING = ("internal_failure", "server_error", "temporarily_unavailable")
_NEW_KEY = "Make a new JSON key for the service account in Google Cloud and enter it here."


@dataclass(frozen=True, slots=True)
class _Reply:
    """What google-auth reads of an answer."""

    status: int
    headers: Mapping[str, str]
    data: bytes


class _Exchange:
    """The `request` that google-auth calls. It sees good answers only: on others the library would sleep."""

    def __init__(self, http: Http, now: int | None) -> None:
        self._http, self._now = http, now
        self.seconds = 0.0  # that the token lives, as the last answer data

    def __call__(
        self,
        url: str,
        method: str = "POST",
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,  # ours are the limits of every call
        **kwargs: Any,  # means for a session of `requests`
    ) -> _Reply:
        answer = self._http.send(method, url, headers=headers, body=body, cap=65_536)
        data = _json(answer)
        if answer.status != 200:
            raise _refusal(answer, data, self._now)
        if not isinstance(data.get("access_token"), str):
            raise RemoteError("Google's sign-in gave no token. The relay retries automatically.", status=200)
        lives = data.get("expires_in")
        self.seconds = float(lives) if isinstance(lives, (int, float)) else 0.0
        return _Reply(answer.status, answer.headers, answer.body)


class Tokens:
    """The token of one service account. From any thread; one is minted at a time."""

    def __init__(self, account: ServiceAccount, http: Http) -> None:
        self._account, self._http = account, http
        self._lock = threading.Lock()
        self._token, self._begun_at, self._ends_at = "", 0, 0.0

    def get(self, now: int | None) -> str:
        """A token that is valid at `now` (ms); a new one where the time is not known."""
        with self._lock:
            if now is None or not self._begun_at <= now < self._ends_at:
                self._token, seconds = self._mint(now)
                self._begun_at = now or 0
                self._ends_at = 0 if now is None else now + (seconds - _EARLY) * 1000
            return self._token

    def forget(self, token: str) -> None:
        """Google refused this one: the next is new."""
        with self._lock:
            if token == self._token:
                self._token, self._ends_at = "", 0.0

    def _mint(self, now: int | None) -> tuple[str, float]:
        """google-auth is imported here: it costs a quarter of a second, which a boot need not pay."""
        from google.auth.exceptions import GoogleAuthError
        from google.oauth2.service_account import Credentials

        account, exchange = self._account, _Exchange(self._http, now)
        info = {
            "client_email": account.email,
            "private_key": account.private_key,
            "private_key_id": account.key_id,
            "token_uri": TOKEN_URL,  # never the one in the JSON: it decides who gets what we sign
        }
        try:
            credentials = Credentials.from_service_account_info(info, scopes=[SCOPE])  # type: ignore[no-untyped-call]
            credentials.refresh(exchange)
        except (GoogleAuthError, ValueError, TypeError, AttributeError):
            message = f"The private key of {account.email} cannot be used to sign in at Google. {_NEW_KEY}"
            raise RemoteError(message, "connection") from None
        return str(credentials.token), exchange.seconds


def _json(answer: HttpResponse) -> Mapping[str, Any]:
    """Nothing of what is no JSON object is kept: it may hold a token."""
    try:
        value = answer.json()
    except RemoteError:
        value = {}
    return value if isinstance(value, dict) else {}


def _refusal(answer: HttpResponse, data: Mapping[str, Any], now: int | None) -> RemoteError:
    """https://developers.google.com/identity/protocols/oauth2/service-account#error-codes"""
    status = answer.status
    code, words = (str(data.get(name) or "") for name in ("error", "error_description"))
    quoted = f"{code}: {words}".strip(": ")[:200].rstrip(".")
    says = f"Google's sign-in answered {status}" + (f" ({quoted})." if quoted else ".")
    details: dict[str, Any] = {"status": status, "answer": quoted}
    if status >= 500 or status in (408, 425, 429) or code in _PASSING or words in _PASSING:
        wait = None if now is None else answer.retry_after(now)
        return RemoteError(f"{says} The relay retries automatically.", retry_after=wait, **details)
    if "iat" in words or "short-lived" in words:
        advice = "The clock of this machine is wrong: set it to the right time."
    elif code == "invalid_scope":
        advice = "Use the JSON key of an ordinary service account."
    else:
        advice = f"The key was deleted, or its account is switched off. {_NEW_KEY}"
    return RemoteError(f"{says} {advice}", "connection", **details)
