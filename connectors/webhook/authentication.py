"""How the relay signs in at a receiver that asks for it: Basic auth, or a header with a value of one's own.

https://www.rfc-editor.org/rfc/rfc7617, https://docs.n8n.io/integrations/builtin/credentials/webhook/
"""

import base64
import re

from pydantic import Field, SecretStr, ValidationInfo, field_validator

from connectors.base import Options
from connectors.option_types import HeaderSecret, SecretUrl

_TOKEN = re.compile(
    r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,200}"
)  # https://www.rfc-editor.org/rfc/rfc9110#name-tokens
_FRAMING = ("content-length", "expect", "host", "te", "trailer", "transfer-encoding", "upgrade")
_OF_ONE_CONNECTION = (
    *("connection", "keep-alive"),
    *("proxy-authenticate", "proxy-authorization", "proxy-connection"),
)
_OF_THE_BODY = ("accept-encoding", "content-encoding", "content-type")
_OURS = frozenset({*_FRAMING, *_OF_ONE_CONNECTION, *_OF_THE_BODY})
_SIGNED = "webhook-"  # webhook-id, webhook-timestamp, webhook-signature
_BOTH = "user name and password go together; enter both, or leave both empty"


class ReceiverOptions(Options):
    """Where to, and what lets in there."""

    url: SecretUrl = Field(
        title="Address",
        description="Where results are posted: the webhook address n8n, Make, Zapier or your server gave.",
        examples=["https://n8n.example.com/webhook/creativeai"],
    )
    basic_user: str | None = Field(
        None,
        title="Basic auth: user name",
        description="If the receiver asks for Basic auth: the user name, without a colon.",
        examples=["relay"],
    )
    basic_password: SecretStr | None = Field(
        None,
        title="Basic auth: password",
        description="The password that belongs to the user name.",
        examples=["a-long-password-of-your-choice"],
        validate_default=True,
    )
    header_name: str | None = Field(
        None,
        title="Header auth: name",
        description="If the receiver asks for a header of its own: its name.",
        examples=["X-API-Key"],
    )
    header_value: HeaderSecret | None = Field(
        None,
        title="Header auth: value",
        description="The value of that header.",
        examples=["a-long-key-of-your-choice"],
        validate_default=True,
    )

    @field_validator("basic_user")
    @classmethod
    def _user_can_be_sent(cls, value: str | None) -> str | None:
        if value is not None and ":" in value:
            raise ValueError("must not hold a colon, which ends a user name in Basic auth")
        if value is not None and not value.isprintable():
            raise ValueError("holds a control character, which Basic auth cannot carry")
        return value

    @field_validator("basic_password")
    @classmethod
    def _password_has_a_user(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if value is not None and not value.get_secret_value().isprintable():
            raise ValueError("holds a control character, which Basic auth cannot carry")
        if "basic_user" in info.data and (value is None) != (info.data["basic_user"] is None):
            raise ValueError(_BOTH)
        return value

    @field_validator("header_name")
    @classmethod
    def _header_is_free(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is None:
            return value
        if not _TOKEN.fullmatch(value):
            raise ValueError("can be no header's name; use letters, digits and hyphens, such as X-API-Key")
        if value.lower() in _OURS or value.lower().startswith(_SIGNED):
            raise ValueError(f"must not be {value}, which the relay sets itself; use another header")
        if value.lower() == "authorization" and info.data.get("basic_user") is not None:
            raise ValueError(
                "must not be Authorization beside Basic auth, which is sent in it; use one of both"
            )
        return value

    @field_validator("header_value")
    @classmethod
    def _value_has_a_name(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if "header_name" in info.data and (value is None) != (info.data["header_name"] is None):
            raise ValueError("name and value of the header go together; enter both, or leave both empty")
        return value


def headers(options: ReceiverOptions) -> dict[str, str]:
    found: dict[str, str] = {}
    if options.basic_user is not None and options.basic_password is not None:
        found["Authorization"] = f"Basic {_encoded(options.basic_user, options.basic_password)}"
    if options.header_name is not None and options.header_value is not None:
        found[options.header_name] = options.header_value.get_secret_value()
    return found


def secrets(options: ReceiverOptions) -> list[str]:
    """What a receiver may repeat in its response and nobody should read there."""
    found = [each.get_secret_value() for each in (options.basic_password, options.header_value) if each]
    if options.basic_user is not None and options.basic_password is not None:
        found.append(_encoded(options.basic_user, options.basic_password))
    if options.header_value is not None:  # `Bearer abc`: receivers repeat the part behind the scheme
        found.append(options.header_value.get_secret_value().partition(" ")[2].strip())
    return found


def _encoded(user: str, password: SecretStr) -> str:
    return base64.b64encode(f"{user}:{password.get_secret_value()}".encode("utf-8", "replace")).decode()
