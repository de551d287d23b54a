"""The socket that `relay serve` listens on, or one sentence about why it cannot."""

import errno
import socket

from relay.config.settings import Settings
from relay.errors import ListenError
from relay.front.server import BACKLOG


def listen(settings: Settings) -> socket.socket:
    """On all addresses of both families where LISTEN_HOST is `::`. Raises ListenError."""
    host, port = settings.listen_address
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    both = host == "::" and socket.has_dualstack_ipv6()
    try:
        return socket.create_server((host, port), family=family, backlog=BACKLOG, dualstack_ipv6=both)
    except OSError as error:
        raise ListenError(_sentence(error, host, port)) from error


def _sentence(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"Port {port} on {host} is in use: another program, perhaps another relay, listens there. "
            "Stop that program, or set PORT to another port."
        )
    if error.errno == errno.EACCES:
        return f"Port {port} needs more rights than the relay has. Set PORT to 1024 or more."
    is_unknown = (error.errno or 0) < 0  # as getaddrinfo numbers its errors
    if is_unknown or error.errno in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
        return f"LISTEN_HOST is {host}, which is no address of this machine. Leave it unset or set `::`."
    return f"The relay cannot listen on port {port} of {host}: {error.strerror}."
