"""A service in `responses` that answers with samples, one after the other, and tells what it was asked."""

import base64
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from typing import Any
from urllib.parse import parse_qs

from responses import RequestsMock

from tests.connectors.contract import Refusal
from tests.samples import Sample, as_text

SERVICES = re.compile(
    r"https://([\w-]+\.)*(airtable\.com|googleapis\.com|myshopify\.com)(/.*)?"
)  # a result's own file is elsewhere
Answer = tuple[int, dict[str, str], str]


class Wire:
    """`left` are the answers that nobody asked for; `asked` and `expected` are the sampled calls of it all.

    A Refusal in the place of a sample is an answer whatever is asked.
    """

    def __init__(self, net: RequestsMock, answers: list[Sample | Refusal]) -> None:
        self.left = answers
        self.asked: list[dict[str, Any]] = []
        self.expected: list[dict[str, Any]] = []
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
            net.add_callback(method, SERVICES, self._answer)

    def _answer(self, request: Any) -> Answer:
        assert self.left, f"nothing more is expected: {request.method} {request.url}"
        answer = self.left.pop(0)
        if isinstance(answer, Refusal):
            return answer.status, dict(answer.headers), answer.body
        self.asked.append(asked(request, answer.request))
        self.expected.append(answer.request)
        return answer.status, answer.headers, answer.text


@contextmanager
def wire(*answers: Sample | Refusal) -> Iterator[RequestsMock]:
    """These answers in their order. In the end the requests must have been the sampled ones, all of them."""
    with RequestsMock(assert_all_requests_are_fired=False) as net:
        played = Wire(net, list(answers))
        try:
            yield net
        finally:  # also where the connector gave up, as it then should
            for ours, sampled in zip(played.asked, played.expected, strict=True):
                assert ours == sampled, (ours, sampled)
            assert played.left == []


def asked(request: Any, like: dict[str, Any]) -> dict[str, Any]:
    """A request as a sample has one, with those of its headers that the sample names."""
    url, _, query = str(request.url).partition("?")
    found: dict[str, Any] = {"method": request.method, "url": url}
    if query:
        found["query"] = parse_qs(query, keep_blank_values=True)
    if "headers" in like:
        found["headers"] = {name: request.headers.get(name) for name in like["headers"]}
    kind = request.headers.get("Content-Type", "")
    if kind.startswith("application/json"):
        found["body"] = _plain(json.loads(request.body))
    elif kind.startswith("multipart/"):
        found["parts"] = list(_parts(request))
    elif request.body:
        form = parse_qs(request.body.decode(), strict_parsing=True)
        found["form"] = {name: _unsigned(value) for name, (value,) in form.items()}
    return found


def _plain(body: Any) -> Any:
    return body | {"query": " ".join(body["query"].split())} if "query" in body else body


def _parts(request: Any) -> Iterator[list[str | int]]:
    """Of a file its name, type and size; `responses` reads a streamed body up to where the file begins."""
    kind, body = request.headers["Content-Type"], request.body
    whole = message_from_bytes(f"Content-Type: {kind}\r\n\r\n".encode() + body)
    end = len(f"\r\n--{whole.get_boundary()}--\r\n")
    for part in whole.get_payload():
        assert not isinstance(part, str)
        name, filename = (part.get_param(each, header="Content-Disposition") for each in ("name", "filename"))
        if filename:
            size = int(request.headers["Content-Length"]) - len(body) - end
            yield [str(name), str(filename), part.get_content_type(), size]
        else:
            yield [str(name), str(part.get_payload())]


def _unsigned(value: str) -> Any:
    """A JSON Web Token as its header and claims, moved to the time of the sample; anything else as it is."""
    parts = value.split(".")
    if len(parts) != 3:
        return value
    header, claims = (json.loads(base64.urlsafe_b64decode(part + "==")) for part in parts[:2])
    late = claims["iat"] - 1_800_000_000
    return [header, {**claims, "iat": claims["iat"] - late, "exp": claims["exp"] - late}]


def refused(answer: tuple[int, str], **headers: str) -> Refusal:
    return Refusal(*answer, headers)


def ok(body: Any) -> Refusal:
    """An answer that is in no sample, whatever is asked."""
    return Refusal(200, as_text(body))
