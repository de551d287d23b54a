"""The origin that a form was sent from, as browsers report it, and why ours may look like another's."""

from urllib.parse import urlsplit

from flask import request

_PORTS = {"http": 80, "https": 443}


def is_ours(origin: str, public_url: str) -> bool:
    """The origin of the address that was called, or of PUBLIC_URL, which a proxy may hide from us.

    The scheme of the called address is not compared: the proxy that ends TLS may not report it.
    """
    sent_from = _read(origin)
    if sent_from is None:
        return False
    return sent_from in (_read(f"{sent_from[0]}://{request.host}"), _read(public_url))


def refusal(origin: str, public_url: str) -> str:
    """What to tell the person who sent a form from an origin that is not ours."""
    sentence = "The form was sent from another site, so nothing was changed. "
    if _read(origin) is None:
        return f"{sentence}Go back and send the form again."
    called = public_url or f"{request.scheme}://{request.host}"
    return (
        f"{sentence}The form came from {origin}, but the relay knows itself as {called}. If {origin} is this "
        "relay, the proxy in front of the relay hides that: let the proxy pass the header Host unchanged "
        f"(nginx: proxy_set_header Host $http_host), or set PUBLIC_URL={origin} and restart the relay."
    )


def _read(origin: str) -> tuple[str, str, int] | None:
    """Scheme, host and port; None: it is no origin of a web page."""
    try:
        parts = urlsplit(origin)
        port = parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        return None
    if not parts.hostname or port is None or parts.scheme not in _PORTS:
        return None
    return parts.scheme, parts.hostname, port
