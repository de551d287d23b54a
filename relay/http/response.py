"""A response in memory, decoded, as far as it arrived, with the readings that callers need."""

import json
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any

import requests
from urllib3.exceptions import HTTPError
from urllib3.exceptions import TimeoutError as TimedOut

from relay.errors import RemoteError
from relay.models.core import LINKS_LIVE_MS

_SECONDS = re.compile(r"[0-9]+(\.[0-9]+)?")
_LONGEST_WAIT = LINKS_LIVE_MS / 1000  # CreativeAI's links have expired by then
_EXCERPT = 2048
_MASK = "********"
_SHORTEST_PART = 4  # characters; a shorter secret is a part of too many other words


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """A decoded response. `headers` are case-insensitive; `host` is for messages.

    incomplete  why `body` is only what arrived before it broke off, as the end of "its response ..."; "": all
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    host: str = ""
    incomplete: str = ""

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    def json(self) -> Any:
        """The body's JSON value. Raises RemoteError (transient, ambiguous) when it is none.

        An object or a list that is closed is whole, even when the body broke off behind it.
        """
        with suppress(ValueError, RecursionError):
            value = json.loads(self.body)
            if not self.incomplete or isinstance(value, (dict, list)):
                return value
        raise RemoteError(
            f"{self.host or 'The other side'} answered {self.status}, but {self._fault()}",
            ambiguous=True,
            status=self.status,
            answer=self.text[:_EXCERPT],
        )

    def _fault(self) -> str:
        if self.incomplete:
            return f"its response {self.incomplete}. The request may have taken effect."
        return "its response is not JSON. Usually a server in between answered in its place; this passes."

    def excerpt(self, secrets: Iterable[str] = ()) -> str:
        """The first 2 kB for the attempt's record, with these secrets masked."""
        return masked(self.text, secrets)[:_EXCERPT]

    def retry_after(self, now: int) -> float | None:
        """Seconds that Retry-After asks for, at most a week; None without one that can be read."""
        return retry_after(self.headers, now)


def masked(text: str, secrets: Iterable[str]) -> str:
    """Without these secrets, the longest first, as one may contain another; the shortest as whole words."""
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        if len(secret) >= _SHORTEST_PART:
            text = text.replace(secret, _MASK)
        else:
            text = re.sub(rf"(?<![^\W_]){re.escape(secret)}(?![^\W_])", _MASK, text)
    return text


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


def read(response: requests.Response, host: str, cap: int) -> HttpResponse:
    """As far as the body arrives, at most `cap` bytes of it decoded; never raises for what is wrong with it.

    The connection goes back to its pool only when all of it was read.
    """
    raw, body, incomplete = response.raw, bytearray(), ""
    try:
        while len(body) <= cap and (block := raw.read1(cap + 1 - len(body), decode_content=True)):
            body += block
    except (HTTPError, OSError) as error:
        incomplete = "did not end in time" if isinstance(error, TimedOut) else "broke off or is malformed"
    except BaseException:
        raw.close()
        raise
    if len(body) > cap:
        incomplete = f"has more than {cap:,} bytes"
    if incomplete or response.status_code < 200:
        raw.close()
    else:
        raw.release_conn()
    return HttpResponse(response.status_code, response.headers, bytes(body[:cap]), host, incomplete)
