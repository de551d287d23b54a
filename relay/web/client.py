"""The client of the current request."""

from flask import request

ADDRESS_IS_OWN = "relay.address_is_own"  # in the WSGI environment; False: the address is a proxy's


def address() -> str:
    """As trusted proxies report it; "unknown" where the server does not know who connected."""
    return request.remote_addr or "unknown"


def has_own_address() -> bool:
    """False: clients behind one proxy share the address, because the proxy does not name them."""
    return bool(request.environ.get(ADDRESS_IS_OWN, True))
