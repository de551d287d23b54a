"""The HTTP client that everything uses: one call, within its time and size limits, to a checked address.

`requests` without its session, which costs a third of a call and brings what is not wanted here: proxies and
passwords from the environment, kept cookies, redirects.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, BinaryIO, NamedTuple

import requests
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict
from urllib3.exceptions import HTTPError
from urllib3.exceptions import TimeoutError as TimedOut

from relay.errors import RemoteError
from relay.http import url_policy
from relay.http.connection_pool import CallTimeout, Pools
from relay.http.response import HttpResponse, masked, read
from relay.http.secret_spellings import secret_parts, spellings
from relay.http.streaming import Download, Form, TooLargeError, receive
from relay.http.url_policy import MalformedUrlError, NotAllowedError, check_url

__all__ = [
    "Download",
    "Http",
    "HttpResponse",
    "MalformedUrlError",
    "NotAllowedError",
    "TooLargeError",
    "check_url",
    "masked",
    "secret_parts",
    "spellings",
]


_REST_SECONDS = 1.0  # for what follows the status line of a 2xx, where nothing depends on it
_MOST_REDIRECTS = 6  # answers on the way to one file


class _Adapter(HTTPAdapter):
    """requests' adapter over our own pools; `send` is not overridden, so `responses` can mock it."""

    def __init__(self, size: int, *, own: bool) -> None:
        super().__init__()
        self._pools = Pools(size, own=own)

    def get_connection_with_tls_context(self, request: Any, *_: Any, **__: Any) -> Any:
        return self._pools.of(request.url)

    def cert_verify(self, *_: Any) -> None:
        """Each secure connection does (relay/http/connection_pool.py)."""

    def request_url(self, request: Any, _proxies: Any) -> str:
        return str(request.path_url)

    def build_response(self, req: requests.PreparedRequest, resp: Any) -> requests.Response:
        """Without what is not wanted here: cookies, and the encoding of a text."""
        response = requests.Response()
        response.status_code, response.reason = resp.status, resp.reason
        known = isinstance(resp.headers, CaseInsensitiveDict)
        response.headers = resp.headers if known else CaseInsensitiveDict(resp.headers)
        response.raw, response.request, response.url = resp, req, req.url or ""
        return response

    def close(self) -> None:
        self._pools.close()


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
        self._origins = {
            url_policy.parse(a).origin: url_policy.parse(b) for a, b in (origin_map or {}).items()
        }
        self._allowed = frozenset(url_policy.host_and_port(host) for host in allowed_hosts)
        self._headers = {"User-Agent": user_agent, "Accept": "*/*", "Accept-Encoding": "identity"}
        self._public = _Adapter(pool_size, own=False)
        self._own = _Adapter(pool_size, own=True)
        self._target = lru_cache(1024)(self._check)

    def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        timeout: tuple[float, float] = (10.0, 60.0),
        cap: int = 1_048_576,
        reads_all: bool = True,
    ) -> HttpResponse:
        """One call; any status is an answer, also 3xx. A RemoteError names no more of the URL than its host.

        The status line decides: a body that is too long or breaks off never turns an answer into an error.
        `timeout` is for connecting and for the whole answer, `cap` the most bytes of decoded body. Without
        `reads_all`, what is not there a second after the status line of a 2xx is left unread.
        """
        target = self._target(url)
        with _translate_errors(target.host):
            response = self._send(target, method, headers or {}, body, timeout, reads_all=reads_all)
        return read(response, target.host, cap)

    def download(
        self,
        url: str,
        file: BinaryIO,
        *,
        timeout: tuple[float, float] = (10.0, 300.0),
        cap: int,
        may_ask: Callable[[str], None] = lambda _: None,
    ) -> Download:
        """GET into the file, from its current position. Any status is returned; only a 2xx body is written.

        A redirect is followed to any address that may be called. `timeout` is for each step (to connect, the
        first byte, each further block) and for the whole body; more than `cap` bytes are the record's fault.
        When this raises, the file may hold a part. `may_ask` raises for a host that is not to be asked now.
        """
        for _ in range(_MOST_REDIRECTS):
            target = self._target(url)
            may_ask(target.host)
            with _translate_errors(target.host, effect=False):
                response = self._send(target, "GET", {}, None, (timeout[0], timeout[0]))
                got = receive(response, target.host, file, cap, silence=timeout[0], seconds=timeout[1])
            if not got.location:
                return got
            url = _redirected(target.host, url, got.location)
        raise RemoteError(f"{target.host} redirects again and again and leads to no file.")

    def upload(
        self,
        url: str,
        fields: Sequence[tuple[str, str]],
        file: BinaryIO,
        *,
        filename: str,
        content_type: str,
        size: int,
        timeout: tuple[float, float] = (10.0, 300.0),
        cap: int = 65_536,
    ) -> HttpResponse:
        """POST a form: `fields` in order, then as its last part `file` the next `size` bytes of the file.

        The second of the time-outs is for sending, and once more for the answer; `cap` as for `send`.
        """
        target = self._target(url)
        form = Form(
            fields,
            file,
            filename=filename,
            content_type=content_type,
            size=size,
            host=target.host,
            seconds=timeout[1],
        )
        with _translate_errors(target.host):
            headers = {"Content-Type": form.content_type}
            response = self._send(target, "POST", headers, form, timeout)
        return read(response, target.host, cap)

    def close(self) -> None:
        self._public.close()
        self._own.close()

    def _send(
        self,
        target: _Target,
        method: str,
        headers: Mapping[str, str],
        body: bytes | Form | None,
        timeout: tuple[float, float],
        *,
        reads_all: bool = True,
    ) -> requests.Response:
        request = requests.PreparedRequest()
        request.method, request.url = method, target.url
        request.body = body  # type: ignore[assignment]  # whatever has `read` is sent block by block
        request.headers = CaseInsensitiveDict({**self._headers, **headers})
        if body is not None:
            length = body.length if isinstance(body, Form) else len(body)
            request.headers["Content-Length"] = str(length)
        seconds = CallTimeout(*timeout, rest=None if reads_all else _REST_SECONDS)
        return target.adapter.send(request, stream=True, timeout=seconds)  # type: ignore[arg-type]  # as urllib3

    def _check(self, url: str) -> _Target:
        parsed = url_policy.parse(url)
        mapped = self._origins.get(parsed.origin)
        if mapped:
            return _Target(mapped.origin + parsed.path, parsed.host, self._own)
        if not self._allowed.isdisjoint({(parsed.host, None), (parsed.host, parsed.port)}):
            return _Target(str(parsed), parsed.host, self._own)
        url_policy.check_public(parsed.host)
        return _Target(str(parsed), parsed.host, self._public)


def _redirected(host: str, url: str, location: str) -> str:
    try:
        return str(url_policy.parse(url_policy.resolve(url, location)))
    except MalformedUrlError as error:
        reason = f"{host} redirects to an address that cannot be read."
        raise MalformedUrlError(reason, error.advice) from None


@contextmanager
def _translate_errors(host: str, *, effect: bool = True) -> Iterator[None]:
    """Every failure of a call becomes a RemoteError. `effect`: the call may change something there."""
    try:
        yield
    except RemoteError:
        raise
    except (requests.RequestException, HTTPError, OSError) as error:
        # What is raised before anything was sent is a RemoteError already (relay/http/connection_pool.py).
        raise _error_of(host, error, effect=effect) from None
    except ValueError:
        raise RemoteError(
            f"The request to {host} cannot be sent: a header would hold a line break or a "
            "character that is not allowed there. Enter the secret again.",
            "connection",
        ) from None


def _error_of(host: str, error: Exception, *, effect: bool) -> RemoteError:
    if isinstance(error, requests.ConnectTimeout):
        return RemoteError(f"{host} does not accept connections at the moment.")
    if isinstance(error, (requests.Timeout, TimedOut)):
        what = "took the request but did not finish its response in time."
    else:
        what = "closed the connection before its response was complete."
    doubt = " The request may have taken effect." if effect else ""
    return RemoteError(f"{host} {what}{doubt}", ambiguous=effect)
