"""Whose request it is: the client's address, as far as the proxies in front of the relay vouch for it.

Everybody writes what they like into X-Forwarded-For: only what trusted proxies have added at its right end
counts, and a header of another name only on the host whose proxy sets that header itself.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import NamedTuple

_FORWARDED_FOR = "X-Forwarded-For"
_WITH_PORT = re.compile(r"\[(?P<v6>[^\[\]]+)\](:[0-9]{1,5})?|(?P<v4>[0-9.]+):[0-9]{1,5}")
_OF_ONE_CLIENT = 64  # bits of an IPv6 address; a client chooses the others


class Client(NamedTuple):
    """`is_own` False: the address is a proxy's, and clients behind that proxy share it."""

    address: str
    is_own: bool = True


@dataclass(frozen=True, slots=True)
class Proxies:
    """What stands in front of the relay.

    sources     where the client's address is, the best first: the name of a header, or a position in
                X-Forwarded-For counted from the right, where 1 is the last one. None: there is no proxy
    sets_host   X-Forwarded-Host is from them, not from the client
    """

    sources: tuple[str | int, ...] = ()
    sets_host: bool = False

    def client(self, header: Callable[[str], str | None], peer: str) -> Client:
        """`header` gives a header by name, several of one name joined by commas; `peer` is who connected.

        Where no source holds an address, it is the peer's.
        """
        for source in self.sources:
            found = header(source) if isinstance(source, str) else _from_right(header, source)
            if address := read_address(found or ""):
                return Client(address)
        return Client(read_address(peer) or peer, is_own=not self.sources)


def read_address(text: str) -> str:
    """The IP address in the usual spelling, without a port; "" if the text is none."""
    text = text.strip().strip('"')
    if match := _WITH_PORT.fullmatch(text):
        text = match["v6"] or match["v4"]
    address = _parsed(text)
    return str(address) if address else ""


def network(address: str) -> str:
    """What counts as one client: an IPv4 address, or the /64 that an IPv6 address is in."""
    found = _parsed(address)
    if not isinstance(found, IPv6Address):
        return address
    free = 128 - _OF_ONE_CLIENT
    return f"{IPv6Address(int(found) >> free << free)}/{_OF_ONE_CLIENT}"


def _parsed(text: str) -> IPv4Address | IPv6Address | None:
    """An IPv4 address inside an IPv6 one, as a socket for both has it, is an IPv4 address."""
    try:
        found = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return found.ipv4_mapped or found if isinstance(found, IPv6Address) else found


def _from_right(header: Callable[[str], str | None], position: int) -> str:
    hops = (header(_FORWARDED_FOR) or "").split(",")
    return hops[-position] if position <= len(hops) else ""
