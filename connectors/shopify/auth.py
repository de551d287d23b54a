"""The token that Shopify's API needs: one that was entered, or one by client credentials, good for 24 hours.

https://shopify.dev/docs/apps/build/dev-dashboard/get-api-access-tokens
"""

import threading
from urllib.parse import urlencode

from connectors.shopify.errors import of_token, read, unclear
from relay.http.client import Http

_EARLY = 300_000  # ms before its end


class Token:
    """`get` from any number of threads: they renew one at a time, and only where another's will not do."""

    def __init__(
        self, http: Http, shop: str, *, fixed: str = "", client_id: str = "", client_secret: str = ""
    ) -> None:
        self._http = http
        self._url = f"https://{shop}/admin/oauth/access_token"
        self._fixed = fixed
        self._id, self._secret = client_id, client_secret
        self._lock = threading.Lock()
        self._token, self._until = "", 0

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must not be shown."""
        return tuple(filter(None, (self._fixed, self._secret, self._token)))

    def get(self, now: int, refused: str = "") -> str:
        """`refused` is the token that was just refused: another one is fetched, if there can be another."""
        if self._fixed:
            return self._fixed
        with self._lock:
            if not self._token or self._token == refused or now >= self._until - _EARLY:
                self._renew(now)
            return self._token

    def _renew(self, now: int) -> None:
        form = {
            "grant_type": "client_credentials",
            "client_id": self._id,
            "client_secret": self._secret,
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        answer = self._http.send(
            "POST", self._url, headers=headers, body=urlencode(form).encode(), cap=65_536
        )
        excerpt = answer.excerpt(self.secrets)
        if answer.status != 200:
            raise of_token(answer, excerpt, now)
        body = read(answer, excerpt)
        token = body.get("access_token")
        if not isinstance(token, str) or not token:
            raise unclear(200, "")
        seconds = body.get("expires_in")
        self._token = token
        self._until = now + (seconds * 1000 if isinstance(seconds, int) else 86_399_000)
