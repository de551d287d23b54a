"""Calls of Shopify's Admin API: the token, what a call costs, and every refusal explained."""

import json
from collections.abc import Mapping
from math import ceil
from typing import Any

from connectors.shopify.auth import Token
from connectors.shopify.errors import of_errors, of_status, of_user_errors, read, unclear
from connectors.shopify.queries import VERSION, Document
from relay.errors import RemoteError
from relay.http.client import Http, HttpResponse


class OutOfBudgetError(RemoteError):
    """The store's points do not pay for the next call yet; it was not made. `retry_after`: when they do."""


class Api:
    """One store's API. `now` is in ms, UTC; 0 where there is none, and then nothing is waited for."""

    def __init__(self, http: Http, shop: str, token: Token) -> None:
        self._http = http
        self._token = token
        self.shop = shop
        self._url = f"https://{shop}/admin/api/{VERSION}/graphql.json"
        self._budget = _Budget()
        self.version = VERSION  # what the last answer said it is

    def call(self, document: Document, variables: Mapping[str, Any], now: int) -> dict[str, Any]:
        """The answer's `data`. Raises RemoteError; OutOfBudgetError before anything was sent."""
        self._budget.spend(document, now)
        token = self._token.get(now)
        answer = self._post(document, variables, token)
        if answer.status == 401 and (renewed := self._token.get(now, refused=token)) != token:
            answer = self._post(document, variables, renewed)
        excerpt = answer.excerpt(self._token.secrets)
        self.version = answer.headers.get("X-Shopify-API-Version") or VERSION
        if answer.status != 200:
            raise of_status(answer, excerpt, now)
        body = read(answer, excerpt)
        wait = self._budget.learn(document, body, now)
        data = body.get("data")
        if errors := body.get("errors"):
            listed = errors if isinstance(errors, list) else [{"message": str(errors)}]
            wait = answer.retry_after(now) or wait
            raise of_errors(listed, wait, excerpt, begun=bool(data and data.get(document.root)))
        if not isinstance(data, dict) or document.root not in data:
            raise unclear(200, excerpt)
        return data

    def change(self, document: Document, variables: Mapping[str, Any], now: int) -> dict[str, Any]:
        """A mutation's payload. Raises RemoteError also when it says that it did nothing."""
        payload: dict[str, Any] = self.call(document, variables, now)[document.root] or {}
        if errors := payload.get("userErrors"):
            raise of_user_errors(errors)
        return payload

    def _post(self, document: Document, variables: Mapping[str, Any], token: str) -> HttpResponse:
        body = json.dumps({"query": document.text, "variables": variables}).encode()
        headers = {"Content-Type": "application/json", "X-Shopify-Access-Token": token}
        return self._http.send("POST", self._url, headers=headers, body=body)


class _Budget:
    """The store's leaky bucket as its answers report it. Other apps have buckets of their own.

    `now` is when an attempt began. An answer reports a later moment, so points restored since are counted
    from the start of the next attempt only. No calls are made during a wait, so its points count too.
    """

    def __init__(self) -> None:
        self._costs: dict[str, int] = {}
        self._most = self._available = self._rate = 0.0
        self._reported_in = 0  # the attempt of the last answer
        self._counted_from = 0
        self._closed_until = 0

    def spend(self, document: Document, now: int) -> None:
        """Raises OutOfBudgetError when a call would only be refused."""
        if not self._rate or not now:
            return
        if now < self._closed_until:
            raise _waiting((self._closed_until - now) / 1000)
        if now != self._reported_in:
            flowed = self._rate * max(0, now - self._counted_from) / 1000 if self._counted_from else 0.0
            self._available = min(self._most, self._available + flowed)
            self._counted_from = now
        needed = min(self._costs.get(document.text, document.cost), self._most)
        if self._available < needed:
            wait = max(1.0, (needed - self._available) / self._rate)
            self._available += wait * self._rate
            self._counted_from = 0
            self._closed_until = now + ceil(wait * 1000)
            raise _waiting(wait)

    def learn(self, document: Document, body: Mapping[str, Any], now: int) -> float | None:
        """From `extensions.cost`. Answers how long the same call would have to wait."""
        try:
            cost = body["extensions"]["cost"]
            state = cost["throttleStatus"]
            needed = int(cost["requestedQueryCost"])
            most, left = float(state["maximumAvailable"]), float(state["currentlyAvailable"])
            rate = float(state["restoreRate"])
        except (KeyError, TypeError, ValueError):
            return None
        if rate <= 0:
            return None
        self._costs[document.text] = needed
        self._most, self._available, self._rate = most, left, rate
        self._reported_in, self._counted_from = now, 0
        return max(1.0, (needed - left) / rate)


def _waiting(seconds: float) -> OutOfBudgetError:
    return OutOfBudgetError("Waiting until the store takes more calls.", retry_after=seconds, status=429)
