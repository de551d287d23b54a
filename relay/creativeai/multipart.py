"""A multipart/form-data body (RFC 7578) in memory: the uploads of an edit are a few megabytes."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_QUOTED = str.maketrans({'"': "%22", "\r": "%0D", "\n": "%0A"})  # as browsers do in the names of a form


@dataclass(frozen=True, slots=True)
class File:
    """An upload. `type` is its MIME type."""

    name: str
    type: str
    content: bytes = field(repr=False)


def encode(fields: Mapping[str, Any], files: Mapping[str, File]) -> tuple[bytes, str]:
    """The body and its Content-Type. The boundary is random, so that no upload can hold it."""
    boundary = secrets.token_hex(16)
    parts = [
        _part(boundary, f'name="{_quoted(name)}"', "", _spelled(value)) for name, value in fields.items()
    ]
    for name, file in files.items():
        disposition = f'name="{_quoted(name)}"; filename="{_quoted(file.name)}"'
        kind = file.type.translate(_QUOTED)
        parts.append(_part(boundary, disposition, f"Content-Type: {kind}\r\n", file.content))
    body = b"".join(parts) + f"--{boundary}--\r\n".encode()
    return body, f"multipart/form-data; boundary={boundary}"


def _part(boundary: str, disposition: str, more: str, content: bytes) -> bytes:
    head = f"--{boundary}\r\nContent-Disposition: form-data; {disposition}\r\n{more}\r\n"
    return head.encode("utf-8", "replace") + content + b"\r\n"


def _quoted(name: str) -> str:
    return name.translate(_QUOTED)


def _spelled(value: object) -> bytes:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return text.encode("utf-8", "replace")
