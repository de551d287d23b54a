"""The JSON key of a Google service account, as people paste it: read and checked without Google's library."""

import base64
import binascii
import json
import re
from dataclasses import dataclass, field
from typing import Any

_PEM = re.compile(
    r"-----BEGIN (?:RSA )?PRIVATE KEY-----([A-Za-z0-9+/=\s]+)-----END (?:RSA )?PRIVATE KEY-----"
)
_DOWNLOAD = "Paste the whole JSON file that Google Cloud offers under the account's Keys, Add key"


@dataclass(frozen=True, slots=True)
class ServiceAccount:
    """`email` is what a spreadsheet is shared with."""

    email: str
    private_key: str = field(repr=False)
    key_id: str = ""


def read_service_account(text: str) -> ServiceAccount:
    """The key in the JSON text, or in its base64. Raises ValueError in words that quote nothing of it.

    Forms of hosts turn the `\\n` within the key into line ends, or escape it twice: both are understood.
    """
    try:
        values = json.loads(_json_text(text.strip()), strict=False)
    except (ValueError, RecursionError):
        raise ValueError(f"is not JSON, nor JSON in base64. {_DOWNLOAD}") from None
    if not isinstance(values, dict) or values.get("type") != "service_account":
        raise ValueError(f"is JSON, but not the key of a service account. {_DOWNLOAD}")
    email, key = _text(values, "client_email"), _text(values, "private_key").replace("\\n", "\n")
    if "@" not in email:
        raise ValueError(f"has no client_email. {_DOWNLOAD}")
    if not _is_pem(key):
        raise ValueError(f"has a private_key that cannot be read; a part of it may be missing. {_DOWNLOAD}")
    return ServiceAccount(email, key, _text(values, "private_key_id"))


def _json_text(text: str) -> str:
    if text.startswith("{"):
        return text
    return base64.b64decode("".join(text.split()), validate=True).decode()


def _text(values: dict[str, Any], name: str) -> str:
    value = values.get(name)
    return value if isinstance(value, str) else ""


def _is_pem(key: str) -> bool:
    match = _PEM.search(key)
    try:
        return match is not None and bool(base64.b64decode("".join(match[1].split()), validate=True))
    except binascii.Error:
        return False
