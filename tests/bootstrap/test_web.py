"""Where the web process listens."""

import contextlib
import socket
from collections.abc import Sequence

import pytest

from relay.bootstrap import web


@pytest.mark.parametrize(
    ("bind", "reached"),
    [
        ("127.0.0.1:0", ["127.0.0.1"]),
        ("0.0.0.0:0", ["127.0.0.1"]),
        (":::0", ["127.0.0.1", "::1"]),
        ("[::1]:0", ["::1"]),
    ],
)
def test_it_listens_on_every_kind_of_address(bind: str, reached: Sequence[str]) -> None:
    if ":" in bind.rpartition(":")[0] and not _has_ipv6():
        pytest.skip("this machine has no IPv6")
    with web.listen(bind) as listener:
        for host in reached:
            with socket.create_connection((host, listener.getsockname()[1]), 5):
                pass


def _has_ipv6() -> bool:
    with contextlib.suppress(OSError), socket.create_server(("::1", 0), family=socket.AF_INET6):
        return True
    return False
