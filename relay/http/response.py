"""A whole response in memory, decoded, with the readings that callers need."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any

import requests

from relay.errors import RemoteError
from relay.models.core import LINKS_LIVE_MS

_SECONDS = re.compile(r"[0-9]+(\.[0-9]+)?")
_LONGEST_WAIT = LINKS_LIVE_MS / 1000  # CreativeAI's links have expired by then
_EXCERPT = 2048


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """A whole, decoded response. `headers` are case-insensitive; `host` is for messages."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    host: str = ""

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    def json(self) -> Any:
        """The body's JSON value. Raises RemoteError (transient, ambiguous) when it is none."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            raise RemoteError(
                f"{self.host or 'The other side'} answered {self.status} with something that is not JSON. "
                "Usually a server in between answered in its place; this passes.",
                ambiguous=True,
                status=self.status,
                answer=self.text[:_EXCERPT],
            ) from None

    def excerpt(self, secrets: Iterable[str] = ()) -> str:
        """The first 2 kB for the attempt's record, with these secrets masked."""
        text = self.text
        for secret in sorted(filter(None, secrets), key=len, reverse=True):
            text = text.replace(secret, "********")
        return text[:_EXCERPT]

    def retry_after(self, now: int) -> float | None:
        """Seconds that Retry-After asks for, at most a week; None without one that can be read."""
        return retry_after(self.headers, now)


def retry_after(headers: Mapping[str, str], now: int) -> float | None:
    """Seconds that these headers ask to wait, at most a week; `now` is in ms. Of several, the longest."""
    value = headers.get("Retry-After", "").strip()
    several = [each.strip() for each in value.split(",")]
    if all(map(_SECONDS.fullmatch, several)):
        return min(max(map(float, several)), _LONGEST_WAIT)
    try:
        date = parsedate_to_datetime(value)
        until = (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    return min(max(0.0, until - now / 1000), _LONGEST_WAIT)


def read(response: requests.Response, host: str, cap: int) -> bytes:
    """The decoded body, never more of it than the cap in memory; the connection goes back to its pool."""
    try:
        content: bytes = response.raw.read(cap + 1, decode_content=True)
    except BaseException:
        response.raw.close()
        raise
    if len(content) > cap:
        response.raw.close()
        raise RemoteError(
            f"{host} answered {response.status_code} with more than {cap:,} bytes, which is not read. "
            "The request may have taken effect. Check that the address is the right one.",
            ambiguous=True,
            status=response.status_code,
        )
    response.raw.release_conn()
    return content
