"""A request as it was received, and an answer that is complete."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import unquote_to_bytes

Headers = Sequence[tuple[str, str]]


@dataclass(slots=True)
class Request:
    """`headers` have lower-case names, in the order of the wire; `path` and `query` are as in WSGI: bytes as
    latin-1, the path unquoted. `body` is whole, unless the app reads it itself."""

    method: str = ""
    target: bytes = b""
    path: str = ""
    query: str = ""
    version: str = "1.1"
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    client: tuple[str, int] = ("", 0)
    body: bytes = b""

    def header(self, name: bytes) -> str | None:
        """As in WSGI: several of one name are one with commas. `name` in lower case."""
        found = [value.decode("latin-1") for known, value in self.headers if known == name]
        return ",".join(found) if found else None


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes
    headers: Headers = (("Content-Type", "application/json"),)

    @classmethod
    def of(cls, status: int, content: Mapping[str, object], *headers: tuple[str, str]) -> "Answer":
        return cls(status, json.dumps(content).encode(), (("Content-Type", "application/json"), *headers))


def error(status: int, sentence: str, *headers: tuple[str, str]) -> Answer:
    return Answer.of(status, {"error": sentence}, *headers)


def head(version: str, status: str, headers: Headers, date: bytes, *, keep: bool) -> bytes:
    """The bytes before a body. `status` with its words, as WSGI has it."""
    lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in headers)]
    if not keep:
        lines.append("Connection: close")
    elif version == "1.0":
        lines.append("Connection: keep-alive")
    return "\r\n".join(lines).encode("latin-1") + b"\r\nDate: " + date + b"\r\n\r\n"


def status_line(status: int) -> str:
    return f"{status} {HTTPStatus(status).phrase}"


def split_target(target: bytes) -> tuple[str, str]:
    """Path and query of a request target; of an absolute one (`GET http://host/path`) too."""
    if not target.startswith(b"/"):
        _, found, rest = target.partition(b"://")
        slash = rest.find(b"/")
        target = (rest[slash:] if slash >= 0 else b"/") if found else b"/" + target
    path, _, query = target.partition(b"#")[0].partition(b"?")
    return unquote_to_bytes(path).decode("latin-1"), query.decode("latin-1")
