"""One call of the vendor's API, with its key, body and timeout; every failure is a RemoteError."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from relay.creativeai import errors, multipart
from relay.creativeai import rate_limits as limits
from relay.creativeai.endpoints import Endpoint
from relay.creativeai.multipart import File
from relay.creativeai.rate_limits import Limits
from relay.errors import RemoteError
from relay.http.client import Http, HttpResponse

BASE_URL = "https://api.creativeai.run"

_READ = (10.0, 30.0)  # seconds to connect, and for the whole answer
_START = (10.0, 60.0)
_MAKE = (10.0, 300.0)  # images and texts are in the answer itself
_CAP = 8_388_608


@dataclass(frozen=True, slots=True)
class Reply:
    """A 2xx answer: `value` is its JSON, of any shape."""

    endpoint: Endpoint
    answer: HttpResponse
    value: Any
    limits: Limits
    key: str

    @property
    def headers(self) -> Mapping[str, str]:
        return self.answer.headers

    def unreadable(self, what: str) -> RemoteError:
        return errors.unreadable(self.endpoint, self.answer, self.key, what)


class Caller:
    def __init__(self, api_key: str, http: Http, base_url: str) -> None:
        self._key = api_key
        self._http = http
        self._base = base_url.rstrip("/")

    def get(self, endpoint: Endpoint, identifier: str, *, now: int) -> Reply:
        return self._call(endpoint, identifier, now=now)

    def post(self, endpoint: Endpoint, body: Mapping[str, Any], *, now: int, makes: bool = False) -> Reply:
        """`makes`: the answer arrives only when the result is made, so the timeout is longer."""
        content = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
        timeout = _MAKE if makes else _START if endpoint.effect else _READ
        return self._call(endpoint, body=content, kind="application/json", timeout=timeout, now=now)

    def post_form(
        self, endpoint: Endpoint, fields: Mapping[str, Any], files: Mapping[str, File], *, now: int
    ) -> Reply:
        content, kind = multipart.encode(fields, files)
        return self._call(endpoint, body=content, kind=kind, timeout=_MAKE, now=now)

    def _call(
        self,
        endpoint: Endpoint,
        identifier: str = "",
        *,
        body: bytes | None = None,
        kind: str = "",
        timeout: tuple[float, float] = _READ,
        now: int,
    ) -> Reply:
        headers = {"Authorization": f"Bearer {self._key}"} | ({"Content-Type": kind} if kind else {})
        try:
            answer = self._http.send(
                endpoint.method,
                self._base + endpoint.path_for(identifier),
                headers=headers,
                body=body,
                timeout=timeout,
                cap=_CAP,
            )
        except RemoteError as error:
            raise errors.lost(endpoint, error) from None
        if not 200 <= answer.status < 300:
            raise errors.refused(endpoint, answer, now, self._key)
        try:
            value = answer.json()
        except RemoteError:
            raise errors.unreadable(endpoint, answer, self._key, _instead_of_json(answer)) from None
        return Reply(endpoint, answer, value, limits.read(answer.headers), self._key)


def _instead_of_json(answer: HttpResponse) -> str:
    if answer.incomplete:
        return "with a response that broke off"
    said = answer.headers.get("Content-Type", "").partition(";")[0].strip()
    return f"with something that is not JSON (content type: {said or 'none'})"
