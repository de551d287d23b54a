"""The only way out: one call, within its time and size limits, to an address that was judged.

`requests` without its session, which costs a third of a call and brings what is not wanted here: proxies and
passwords from the environment, kept cookies, redirects.
"""

import json
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any, NamedTuple

import requests
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict
from urllib3.exceptions import HTTPError
from urllib3.exceptions import TimeoutError as TimedOut

from relay import addresses
from relay.addresses import check_url, secret_parts
from relay.errors import RemoteError
from relay.sockets import pool_classes

__all__ = ["Answer", "Http", "check_url", "secret_parts"]

_SECONDS = re.compile(r"[0-9]{1,12}(\.[0-9]{1,6})?")
_LONGEST_WAIT = 7 * 86400.0  # the vendor's links are dead by then
_EXCERPT = 2048


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, whole and decoded. `headers` are case-insensitive; `host` is for sentences."""

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
        value = self.headers.get("Retry-After", "").strip()
        if _SECONDS.fullmatch(value):
            return min(float(value), _LONGEST_WAIT)
        try:
            date = parsedate_to_datetime(value)
            until = (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()
        except (ValueError, TypeError, OverflowError, IndexError):
            return None
        return min(max(0.0, until - now / 1000), _LONGEST_WAIT)


class _Adapter(HTTPAdapter):
    """requests' adapter over our own connections; `send` stays theirs, so `responses` can stand in for it."""

    def __init__(self, size: int, *, own: bool) -> None:
        self._own = own
        super().__init__(pool_connections=size, pool_maxsize=size)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)  # type: ignore[no-untyped-call, unused-ignore]
        self.poolmanager.pool_classes_by_scheme = pool_classes(own=self._own)


class _Target(NamedTuple):
    url: str
    host: str
    adapter: _Adapter


class Http:
    """Calls, from any number of threads, over kept-alive connections.

    origin_map     origin -> origin called in its place; that may be private, for mapped calls only
    allowed_hosts  `host` or `host:port` of one's own that may have private addresses
    """

    def __init__(
        self,
        *,
        origin_map: Mapping[str, str] | None = None,
        allowed_hosts: Collection[str] = (),
        user_agent: str = "CreativeAI-Relay",
        pool_size: int = 64,
    ) -> None:
        self._origins = {addresses.parse(a).origin: addresses.parse(b) for a, b in (origin_map or {}).items()}
        self._allowed = frozenset(addresses.host_and_port(host) for host in allowed_hosts)
        self._headers = {"User-Agent": user_agent, "Accept": "*/*", "Accept-Encoding": "identity"}
        self._open = _Adapter(pool_size, own=False)
        self._own = _Adapter(pool_size, own=True)
        self._target = lru_cache(1024)(self._judge)

    def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        timeout: tuple[float, float] = (10.0, 60.0),
        cap: int = 1_048_576,
    ) -> Answer:
        """One call; any status is an answer, also 3xx. A RemoteError names no more of the URL than its host.

        `timeout` is for connecting and for the whole answer, `cap` the most bytes of decoded body.
        """
        target = self._target(url)
        request = requests.PreparedRequest()
        request.method, request.url, request.body = method, target.url, body
        request.headers = CaseInsensitiveDict({**self._headers, **(headers or {})})
        if body is not None:
            request.headers["Content-Length"] = str(len(body))
        try:
            response = target.adapter.send(request, stream=True, timeout=timeout)
            content = _read(response, target.host, cap)
        except RemoteError:
            raise
        except ValueError:
            raise RemoteError(
                f"The request to {target.host} cannot be sent: a header would hold a line break or a "
                "character that is not allowed there. Enter the secret again.",
                "connection",
            ) from None
        except (requests.RequestException, HTTPError, OSError) as error:
            # What is raised before anything was sent is a RemoteError already (relay/sockets.py).
            raise _broken(target.host, error) from None
        return Answer(response.status_code, response.headers, content, target.host)

    def close(self) -> None:
        self._open.close()
        self._own.close()

    def _judge(self, url: str) -> _Target:
        parsed = addresses.parse(url)
        mapped = self._origins.get(parsed.origin)
        if mapped:
            return _Target(mapped.origin + parsed.path, parsed.host, self._own)
        if not self._allowed.isdisjoint({(parsed.host, None), (parsed.host, parsed.port)}):
            return _Target(str(parsed), parsed.host, self._own)
        addresses.check_public(parsed.host)
        return _Target(str(parsed), parsed.host, self._open)


def _read(response: requests.Response, host: str, cap: int) -> bytes:
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
            "It may have done what was asked. Check that the address is the right one.",
            ambiguous=True,
            status=response.status_code,
        )
    response.raw.release_conn()
    return content


def _broken(host: str, error: Exception) -> RemoteError:
    if isinstance(error, requests.ConnectTimeout):
        return RemoteError(f"{host} does not accept connections at the moment.")
    if isinstance(error, (requests.Timeout, TimedOut)):
        what = "took the request but did not finish its answer in time"
    else:
        what = "broke the connection off before its answer was complete"
    return RemoteError(f"{host} {what}. It may have done what was asked.", ambiguous=True)
