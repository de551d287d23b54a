"""How long, how much and how many: what the server allows a client before it is refused or closed."""

import resource
from dataclasses import dataclass

_MOST_CONNECTIONS = 20_000
_FILES_FOR_OTHERS = 256  # the database, archived files, calls to other services


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds and bytes.

    request_seconds    for a head and its body together, and for a window in which `least_pace` must be kept
    idle_seconds       between two requests of one connection
    least_pace         bytes a second, for those who take a response, and for uploads that a route allows
    body_bytes         a body up to here is received before the app is called; the app reads a longer one
    memory_bytes       of all bodies that have not been received whole; beyond it the slowest is refused
    uploads            bodies that the app reads itself, at a time
    waiting            requests that may wait for a thread
    grace_seconds      for what is in hand when the server stops; it is killed after 24
    """

    request_seconds: float = 30.0
    idle_seconds: float = 75.0
    least_pace: int = 8_000
    head_bytes: int = 32_768
    head_fields: int = 100
    body_bytes: int = 1_000_000
    memory_bytes: int = 64_000_000
    connections: int = _MOST_CONNECTIONS
    threads: int = 16
    uploads: int = 8
    waiting: int = 500
    grace_seconds: float = 23.0


def of_this_machine() -> Limits:
    """As many connections as the process may have open, with some left for other files."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MOST_CONNECTIONS + _FILES_FOR_OTHERS
    allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < allowed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    else:
        allowed = wanted if soft == resource.RLIM_INFINITY else min(wanted, soft)
    return Limits(connections=max(16, allowed - _FILES_FOR_OTHERS))
