"""Whose a request is, as far as its address tells: what one sender is counted by."""

from ipaddress import IPv6Address, ip_address, ip_network

_PREFIX = 64  # bits of an IPv6 address: who has one address of such a network has all of them


def sender_of(address: str) -> str:
    """The address without its port, of IPv6 the /64; what is no address stays as it is."""
    text = address.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        found = ip_address(text.partition("%")[0])
    except ValueError:
        return text
    if isinstance(found, IPv6Address):
        mapped = found.ipv4_mapped
        return str(mapped or ip_network((found, _PREFIX), strict=False))
    return str(found)
