"""Sends the sampled requests to the sandbox, and holds its answers against the sampled ones."""

import base64
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import requests

from tests.samples import refusal, sample, shape


class Replay:
    """Sends samples in turn; what the sandbox says in the place of a sampled text is sent for it later."""

    def __init__(self, url: str) -> None:
        self._url, self._known = url, dict[str, str]()
        self.sent: set[str] = set()

    def know(self, sampled: str, ours: str) -> None:
        self._known[sampled] = ours

    def send(self, name: str, **changed: Any) -> requests.Response:
        """`changed`: other headers, another query, body or form than the sample's."""
        request = sample(name).request
        path = "/".join(self._ours(unquote(each), quote) for each in urlsplit(request["url"]).path.split("/"))
        headers = {field: self._ours(value) for field, value in request.get("headers", {}).items()}
        form: Any = {
            field: _signed(value) for field, value in (changed.get("form") or request.get("form", {})).items()
        }
        return requests.request(
            request["method"],
            self._url + path,
            params=changed.get("query") or request.get("query"),
            headers=headers | changed.get("headers", {}),
            json=self._ours(changed.get("body") or request.get("body")),
            data=form or None,
            files=[self._part(*each) for each in request.get("parts", ())] or None,
            timeout=5,
        )

    def same(self, name: str) -> Any:
        """The answer's body, which is like the sampled one."""
        wanted, got = sample(name), self.send(name)
        assert got.status_code == wanted.status, (name, got.text)
        assert {field: got.headers.get(field) for field in wanted.headers} == wanted.headers
        body = got.json() if got.text else ""
        assert shape(body) == shape(wanted.body), name
        self._learn(wanted.body, body)
        self.sent.add(name)
        return body

    def refused(self, refusals: str, word: str, name: str, **changed: Any) -> None:
        """A sample sent so that it is refused: like the only refusal with this word."""
        status, text = refusal(refusals, word)
        got = self.send(name, **changed)
        assert got.status_code == status, got.text
        assert word in got.text or word == str(status)
        assert shape(_parsed(got.text)) == shape(_parsed(text))

    def _ours(self, value: Any, written: Callable[..., str] = str) -> Any:
        if isinstance(value, dict):
            return {name: self._ours(inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [self._ours(inner) for inner in value]
        if not isinstance(value, str):
            return value
        scheme, _, token = value.rpartition(" ")
        if scheme == "Bearer":
            return f"Bearer {self._known.get(token, token)}"
        found = self._known.get(value, value)
        return quote(found, safe=":") if written is quote else found

    def _part(self, name: str, *rest: Any) -> tuple[str, Any]:
        if len(rest) == 1:
            return name, (None, self._ours(rest[0]))
        filename, kind, size = rest
        return name, (filename, b"x" * size, kind)

    def _learn(self, sampled: Any, ours: Any) -> None:
        """Both have one shape; lists of different length tell nothing."""
        if isinstance(sampled, dict):
            for name, inner in sampled.items():
                self._learn(inner, ours[name])
        elif isinstance(sampled, list) and len(sampled) == len(ours):
            for one, other in zip(sampled, ours, strict=True):
                self._learn(one, other)
        elif isinstance(sampled, str) and sampled != ours:
            self._known[sampled] = ours


def _parsed(text: str) -> Any:
    return json.loads(text) if text.startswith("{") else text


def _signed(value: Any) -> str:
    """What stands decoded in a sample, as a JSON Web Token."""
    if isinstance(value, str):
        return value
    parts = [base64.urlsafe_b64encode(json.dumps(each).encode()).decode().rstrip("=") for each in value]
    return ".".join([*parts, "signature"])
