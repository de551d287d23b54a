"""Which URLs and addresses may be called: pure checks, no network.

Prefixes are those of the IANA special-purpose address registries
(https://www.iana.org/assignments/iana-ipv4-special-registry, .../iana-ipv6-special-registry).
"""

import re
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from urllib.parse import quote, urljoin, urlsplit

import idna

from relay.errors import RemoteError

_PORTS = {"http": 80, "https": 443}
_NETLOC = re.compile(r"(?P<host>\[[^\[\]]*\]|[^\[\]:]+)(?::(?P<port>[0-9]{1,5}))?")
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_FORBIDDEN = re.compile(r"[\x00-\x20\x7f-\xa0\\\u2028\u2029\u3000\ud800-\udfff]")
_PATH = "/%:@!$&'()*+,;=~-._?[]|"  # what stays as it is in path and query
_LONGEST = 8000

# The open internet is 2000::/3; all else (NAT64, unique local, IPv4-mapped, multicast ...) is not.
_PUBLIC_6 = IPv6Network("2000::/3")
_SPECIAL_6 = [
    IPv6Network(prefix)
    for prefix in (
        "2001::/23",  # protocol assignments: Teredo, ORCHID, benchmarking
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4 carries an IPv4 address that is not checked
        "3fff::/20",  # documentation
    )
]
_SPECIAL_4 = [
    IPv4Network(prefix)
    for prefix in (
        "0.0.0.0/8",  # this host
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # carrier-grade NAT
        "127.0.0.0/8",  # loopback
        "169.254.0.0/16",  # link-local, cloud metadata
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",  # private
        "198.18.0.0/15",  # benchmarking
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
    )
]
# Where clouds give credentials to any caller: refused even for hosts of one's own.
_METADATA = {
    ip_address("169.254.169.254"),  # AWS, Azure, Google, DigitalOcean, Oracle ...
    ip_address("169.254.170.2"),  # AWS tasks
    ip_address("fd00:ec2::254"),  # AWS
    ip_address("fd20:ce::254"),  # Google
    ip_address("100.100.100.200"),  # Alibaba
    ip_address("168.63.129.16"),  # Azure
    ip_address("192.0.0.192"),  # Oracle, older
}
_METADATA_NAMES = {"metadata.google.internal", "metadata.goog"}


class NotAllowedError(RemoteError):
    """An address that can never be called, whatever is there. The message is `reason`, then `advice`."""

    def __init__(self, reason: str, advice: str) -> None:
        super().__init__(f"{reason} {advice}", "connection")
        self.reason = reason
        self.advice = advice


class MalformedUrlError(NotAllowedError):
    """An address that cannot be read, or could mean more than one thing."""


@dataclass(frozen=True, slots=True)
class Url:
    """A URL in one spelling: host in ASCII, port always there, no fragment. `path` holds the query too."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def origin(self) -> str:
        return f"{self.scheme}://{self.authority}"

    def __str__(self) -> str:
        return self.origin + self.path


def parse(url: str) -> Url:
    """The URL, if it can mean only one thing. Raises RemoteError (connection), quoting nothing."""
    if len(url) > _LONGEST or _FORBIDDEN.search(url):
        raise _wrong("is too long or holds a space, a backslash or a control character")
    try:
        parts = urlsplit(url)
    except ValueError:
        raise _wrong("cannot be read") from None
    if parts.scheme not in _PORTS:
        raise _wrong("must start with https:// or http://")
    if "@" in parts.netloc:
        raise _wrong("must not carry a user name or password")
    match = _NETLOC.fullmatch(parts.netloc)
    port = int(match["port"] or _PORTS[parts.scheme]) if match else 0
    if not match or not 0 < port < 65536:
        raise _wrong("needs a host name, and a port only between 1 and 65535")
    path = quote(parts.path or "/", safe=_PATH)
    query = "?" + quote(parts.query, safe=_PATH) if parts.query else ""
    return Url(parts.scheme, _host(match["host"]), port, path + query)


def resolve(url: str, location: str) -> str:
    """The address that an answer of `url` leads on to, by its header Location; it is not checked here."""
    with suppress(UnicodeError):
        location = location.encode("latin-1").decode()  # headers are read as Latin-1, and are mostly UTF-8
    try:
        return urljoin(url, location.strip().replace(" ", "%20"))
    except ValueError:
        raise _wrong("cannot be read") from None


def check_url(url: str) -> Url:
    """For options: raises RemoteError (connection) where the URL could never be called, with any settings."""
    parsed = parse(url)
    literal = _literal(parsed.host)
    if parsed.host in _METADATA_NAMES or (literal and is_metadata(literal)):
        raise refused(parsed.host)
    return parsed


def check_public(host: str) -> None:
    """Check a parsed host before it is resolved. Raises RemoteError."""
    literal = _literal(host)
    if host in _METADATA_NAMES or (literal and not is_public(literal)):
        raise refused(host)


def host_and_port(text: str) -> tuple[str, int | None]:
    """`host` or `host:port` as listed by a person, in the spelling that `parse` gives."""
    match = _NETLOC.fullmatch(text)
    if not match:
        raise _wrong("must be a host or host:port")
    return _host(match["host"]), int(match["port"]) if match["port"] else None


def is_public(address: IPv4Address | IPv6Address) -> bool:
    if address in _METADATA:
        return False
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _SPECIAL_4)
    return address in _PUBLIC_6 and not any(address in network for network in _SPECIAL_6)


def is_metadata(address: IPv4Address | IPv6Address) -> bool:
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return (mapped or address) in _METADATA


def refused(host: str) -> NotAllowedError:
    return NotAllowedError(
        f"{host} is in a private or reserved network, where this relay does not send.",
        "If it is a server of yours, add it to ALLOWED_HOSTS.",
    )


def _literal(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _host(text: str) -> str:
    """Lower-case ASCII, or the one spelling of an IP address; other spellings of numbers are refused."""
    if text.startswith("["):
        try:
            return str(IPv6Address(text[1:-1] if "%" not in text else ""))
        except ValueError:
            raise _wrong("has an IPv6 address that cannot be read") from None
    try:
        host = text.lower() if text.isascii() else idna.encode(text, uts46=True).decode("ascii")
    except UnicodeError:
        raise _wrong("has a host name that cannot be read") from None
    host = host.removesuffix(".")
    labels = host.split(".")
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise _wrong("has a host name that cannot be read")
    if _NUMBER.fullmatch(labels[-1]):
        try:
            return str(IPv4Address(host))
        except ValueError:
            raise _wrong(
                "has a number as its host; write the name or four numbers such as 93.184.215.14"
            ) from None
    return host


def _wrong(what: str) -> MalformedUrlError:
    return MalformedUrlError(f"The address {what}.", "Enter it again.")
