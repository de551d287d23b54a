"""Every setting, once: one typed model read from the environment, all faults reported at once by name.

The only module that reads `os.environ`.
"""

import os
import re
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import unquote, urlsplit

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationInfo,
    field_validator,
)

from relay.config.archive import ArchiveSettings
from relay.config.limits import LimitSettings
from relay.config.platform import with_defaults
from relay.errors import SettingsError
from relay.validation import Model, checked

SHORTEST_SECRET_KEY = 16
_THIS_MACHINE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104

_POSTGRES = ("postgres://", "postgresql://")
_SERVER = re.compile(
    r"\w+://(?:[^@/?]*@)?(?P<server>(?:\[[0-9a-f:.]+\]|[\w.-]*)(?::[0-9]+)?)(?:/(?P<name>[^?]*))?(?:\?.*)?",
    re.IGNORECASE | re.DOTALL,
)

_LABEL = r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST = re.compile(
    rf"(?P<name>{_LABEL}(\.{_LABEL})*\.?|\[[0-9a-f:.]*:[0-9a-f:.]*\])(:(?P<port>[0-9]{{1,5}}))?",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"(.*\.)?([0-9]+|0x[0-9a-f]*)\.?|\[.*", re.IGNORECASE)


def _words(value: object) -> object:
    return [word.strip() for word in value.split(",") if word.strip()] if isinstance(value, str) else value


def _pairs(value: object) -> object:
    if not isinstance(value, str):
        return value
    pairs = [word.partition("=") for word in value.split(",") if word.strip()]
    return {old.strip().rstrip("/"): new.strip().rstrip("/") for old, _, new in pairs}


Words = Annotated[list[str], BeforeValidator(_words)]
Pairs = Annotated[dict[str, str], BeforeValidator(_pairs)]


def _is_host(text: str) -> bool:
    """`host` or `host:port`, in a spelling that `relay.http.url_policy` reads too."""
    match = _HOST.fullmatch(text)
    if not match or not 0 < int(match["port"] or 1) < 65536:
        return False
    try:
        return not _NUMBER.fullmatch(match["name"]) or bool(ip_address(match["name"].strip("[]").rstrip(".")))
    except ValueError:
        return False


def _is_origin(text: str) -> bool:
    parts = urlsplit(text)
    plain = not (parts.path or parts.query or parts.fragment)
    return parts.scheme in ("http", "https") and _is_host(parts.netloc) and plain


def is_loopback(host: str) -> bool:
    """Of "" too: no host is nobody else's."""
    try:
        return host in ("", "localhost") or host.endswith(".localhost") or ip_address(host).is_loopback
    except ValueError:
        return False


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host


class Settings(ArchiveSettings, LimitSettings):
    """The environment, typed. A field's name in lower case is the variable's name in upper case."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    creativeai_api_key: SecretStr | None = Field(
        None, description="API key of your CreativeAI account. Also accepted as a webhook secret."
    )
    creativeai_webhook_secret: SecretStr | None = Field(
        None, description="Secret that CreativeAI signs webhooks with, if it is not the API key."
    )
    creativeai_webhook_secret_previous: SecretStr | None = Field(
        None, description="The secret before the last change, still accepted while you change it."
    )
    creativeai_unsigned_webhooks: Literal["refuse", "confirm"] = Field(
        "refuse",
        description="What happens to webhooks without a signature: refuse, or confirm (each is kept apart, "
        "for an hour at most, and accepted once CreativeAI, asked with the API key, reports the same).",
    )
    public_url: str = Field(
        "",
        description="Address at which the internet reaches the relay. Unset: what Render, Railway or "
        "Fly.io report.",
    )
    admin_password: SecretStr | None = Field(
        None, description="Password of the pages. Unset: the pages stay locked."
    )
    secret_key: SecretStr = Field(
        SecretStr(""),
        description="Signs the relay's own links and cookies, and encrypts the secrets of connections. "
        "16 characters at least. Unset: one is generated and kept in DATA_DIR, or in the Postgres database.",
    )
    secret_key_fallbacks: Annotated[list[SecretStr], BeforeValidator(_words)] = Field(
        [], description="Earlier values of SECRET_KEY, still accepted, separated by commas."
    )
    data_dir: Path = Field(
        Path("data"),
        description="Folder of the database. Unset: Railway's volume, or /data where one is mounted and in "
        "the image, else data in the folder that the relay was started in.",
    )
    database_url: str = Field(
        "",
        description="postgres://user:password@host/name of a Postgres database (15 or newer), or "
        "sqlite:///path of a file. Unset: a SQLite file in DATA_DIR.",
    )
    port: int | None = Field(None, ge=1, le=65535, description="Port to listen on. Unset: 8000.")
    listen_host: str = Field(
        "",
        description="Address to listen on; `::` is all addresses, IPv6 and IPv4. Unset: all of IPv4 if PORT "
        "is set, else 127.0.0.1.",
    )
    origin_map: Pairs = Field(
        {},
        description="Sends calls for one origin to another, for rehearsals: old=new, separated by commas.",
    )
    allowed_hosts: Words = Field(
        [],
        description="Your own machines that the relay may call although their addresses are private: host or "
        "host:port, separated by commas (n8n.lan:5678).",
    )
    trusted_proxies: int | None = Field(
        None,
        ge=0,
        le=9,
        description="How many proxies in front of the relay add to X-Forwarded-For: the client's address is "
        "that many from the right. With 1 or more, X-Forwarded-Proto and X-Forwarded-Host count too. Unset: "
        "what Heroku, Render, Railway, Fly.io and DigitalOcean send is known, elsewhere 0.",
    )

    @field_validator("*", mode="before")
    @classmethod
    def _value_is_text(cls, value: object) -> object:
        if isinstance(value, str) and not value.isascii():
            try:
                value.encode()
            except UnicodeEncodeError:
                raise ValueError("is not text in UTF-8") from None
        return value

    @field_validator("public_url")
    @classmethod
    def _public_url_is_an_origin(cls, value: str) -> str:
        if value and not _is_origin(value.rstrip("/")):
            raise ValueError("must look like https://relay.example.com")
        return value.rstrip("/")

    @field_validator("database_url")
    @classmethod
    def _database_is_known(cls, value: str) -> str:
        if value and not (value.startswith(("sqlite:///", *_POSTGRES)) and value.removeprefix("sqlite:///")):
            raise ValueError(
                "must look like postgres://user:password@host/name or sqlite:///path; leave it unset for a "
                "SQLite file in DATA_DIR. The relay keeps its data in no other kind of database"
            )
        if value.startswith(_POSTGRES):
            try:
                _ = urlsplit(value).port
            except ValueError:
                raise ValueError("has no valid host and port; copy it from your database's page") from None
        return value

    @field_validator("origin_map")
    @classmethod
    def _origins_are_origins(cls, value: dict[str, str]) -> dict[str, str]:
        for origin in (*value, *value.values()):
            if not _is_origin(origin):
                raise ValueError("must look like https://api.example.com=http://127.0.0.1:9000")
        return value

    @field_validator("listen_host")
    @classmethod
    def _listens_on_a_host(cls, value: str) -> str:
        """Without the brackets of an IPv6 address."""
        host = value.removeprefix("[").removesuffix("]")
        if value and not _is_host(f"[{host}]" if ":" in host else host):
            raise ValueError(
                "must be one address of this machine: 0.0.0.0, ::, 192.168.1.20; the port is PORT"
            )
        return host

    @field_validator("secret_key")
    @classmethod
    def _key_cannot_be_guessed(cls, value: SecretStr) -> SecretStr:
        if 0 < len(value.get_secret_value()) < SHORTEST_SECRET_KEY:
            raise ValueError(
                f"is too short to sign and encrypt with ({SHORTEST_SECRET_KEY} characters at least). Set a "
                "long random one, and put this one into SECRET_KEY_FALLBACKS while its links are in use"
            )
        return value

    @field_validator("allowed_hosts")
    @classmethod
    def _hosts_are_hosts(cls, value: list[str]) -> list[str]:
        for host in value:
            if not _is_host(host):
                raise ValueError("must list hosts such as n8n.lan or 192.168.1.20:5678")
        return value

    @field_validator("creativeai_api_key", "creativeai_webhook_secret", "creativeai_webhook_secret_previous")
    @classmethod
    def _secret_is_not_blank(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(value.get_secret_value()) < 8:
            raise ValueError("is too short to be a secret (8 characters at least)")
        return value

    @field_validator("creativeai_unsigned_webhooks")
    @classmethod
    def _confirming_takes_the_key(cls, value: str, info: ValidationInfo) -> str:
        if value == "confirm" and info.data.get("creativeai_api_key", "faulty") is None:
            raise ValueError("confirm needs CREATIVEAI_API_KEY, since CreativeAI is asked with it")
        return value

    @property
    def postgres_url(self) -> str:
        """ "": the database is a SQLite file."""
        return self.database_url if self.database_url.startswith(_POSTGRES) else ""

    @property
    def database_path(self) -> Path:
        """Of the SQLite file; meaningless with Postgres."""
        if self.database_url.startswith("sqlite:///"):
            return Path(self.database_url.removeprefix("sqlite:///"))
        return self.data_dir / "relay.db"

    @property
    def database_name(self) -> str:
        """Where the data is, for people: without a password."""
        if not self.postgres_url:
            return str(self.database_path)
        found = _SERVER.fullmatch(self.postgres_url)
        if found is None:  # a password that is not encoded: what follows its last @ is none of it
            server, _, name = self.postgres_url.rpartition("@")[2].partition("?")[0].partition("/")
        else:
            server, name = found["server"], found["name"] or ""
        return f"Postgres database {unquote(name) or 'postgres'} at {server or 'a local socket'}"

    @property
    def archive_path(self) -> Path:
        return self.archive_dir or self.data_dir / "archive"

    @property
    def listen_address(self) -> tuple[str, int]:
        """Hosts set PORT and expect all addresses; a laptop does not and must not be open to its network."""
        return self.listen_host or ("0.0.0.0" if self.port else "127.0.0.1"), self.port or 8000  # noqa: S104

    @property
    def bind(self) -> str:
        """The address to listen on, as text."""
        host, port = self.listen_address
        return f"{_in_url(host)}:{port}"

    @property
    def local_url(self) -> str:
        """Where this machine reaches us."""
        host, port = self.listen_address
        return f"http://{_in_url(_THIS_MACHINE.get(host, host))}:{port}"

    @property
    def own_url(self) -> str:
        """Where the internet reaches us, else this machine at least."""
        return self.public_url or self.local_url

    @property
    def is_exposed(self) -> bool:
        """Whether others than this machine reach us, as far as the settings tell."""
        return not (
            is_loopback(self.listen_address[0]) and is_loopback(urlsplit(self.public_url).hostname or "")
        )

    @property
    def webhook_secrets(self) -> dict[str, bytes]:
        """Name -> bytes of every secret that may have signed a webhook, the likeliest first."""
        named = {
            "CREATIVEAI_WEBHOOK_SECRET": self.creativeai_webhook_secret,
            "CREATIVEAI_WEBHOOK_SECRET_PREVIOUS": self.creativeai_webhook_secret_previous,
            "CREATIVEAI_API_KEY": self.creativeai_api_key,
        }
        return {name: secret.get_secret_value().encode() for name, secret in named.items() if secret}

    def secret_values(self) -> list[str]:
        """Every secret's text, for masking."""
        fields = (getattr(self, name) for name in type(self).model_fields)
        lists = (value if isinstance(value, list) else [value] for value in fields)
        found = [v.get_secret_value() for values in lists for v in values if isinstance(v, SecretStr)]
        password = urlsplit(self.postgres_url).password
        return [*found, password, unquote(password)] if password else found


def named_secrets(model: BaseModel, prefix: str = "") -> dict[str, str]:
    """Its secrets by the names of their settings; those of a list as one text."""
    found = {}
    for field in type(model).model_fields:
        value = getattr(model, field)
        values = value if isinstance(value, list) else [value]
        secrets = [each.get_secret_value() for each in values if isinstance(each, SecretStr)]
        if any(secrets):
            found[f"{prefix}{field}".upper()] = " ".join(secrets)
    return found


def environment() -> dict[str, str]:
    return dict(os.environ)


def read(environ: Mapping[str, str]) -> tuple[Settings, list[str]]:
    """The settings and one sentence per fault; with faults the settings are the defaults."""
    given = with_defaults(environ, read_prefixed(environ, Settings, prefix=""))
    settings, faults = read_model(Settings, given, prefix="")
    return settings or Settings(), faults


def load(environ: Mapping[str, str]) -> Settings:
    """Raises SettingsError with all faults."""
    settings, faults = read(environ)
    if faults:
        raise SettingsError(faults)
    return settings


def read_model(model: type[Model], given: Mapping[str, Any], prefix: str) -> tuple[Model | None, list[str]]:
    """`given` as a `model`, or None and its faults, each starting with the variable's name."""
    return checked(model, given, lambda field: prefix + field.upper())


def read_prefixed(environ: Mapping[str, str], model: type[BaseModel], prefix: str) -> dict[str, str]:
    """The variables `<PREFIX><FIELD>` that are set, by field name."""
    named = {field: environ.get(prefix + field.upper(), "").strip() for field in model.model_fields}
    return {field: value for field, value in named.items() if value}
