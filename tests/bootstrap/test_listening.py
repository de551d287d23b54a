"""Each address to listen on works, or one sentence says why not."""

import socket
from contextlib import closing

import pytest

from relay.bootstrap.listening import listen
from relay.config import settings
from relay.errors import ListenError
from tests.wire import free_port


@pytest.mark.parametrize(
    ("host", "reached_at"),
    [
        ("", ["127.0.0.1"]),
        ("127.0.0.1", ["127.0.0.1"]),
        ("localhost", ["localhost"]),
        ("0.0.0.0", ["127.0.0.1"]),
        ("::1", ["::1"]),
        ("[::1]", ["::1"]),
        ("::", ["::1", "127.0.0.1"]),
    ],
)
def test_it_listens_and_is_reached(host: str, reached_at: list[str]) -> None:
    port = free_port()
    with listen(settings.load({"LISTEN_HOST": host, "PORT": str(port)})):
        for address in reached_at:
            socket.create_connection((address, port), timeout=5).close()


@pytest.mark.parametrize(
    ("host", "words"),
    [
        ("192.0.2.1", "LISTEN_HOST is 192.0.2.1, which is no address of this machine."),
        ("no-such-host.invalid", "LISTEN_HOST is no-such-host.invalid, which is no address"),
        ("2001:db8::1", "LISTEN_HOST is 2001:db8::1, which is no address of this machine."),
    ],
)
def test_an_address_of_another_machine_is_named(host: str, words: str) -> None:
    with pytest.raises(ListenError, match="Leave it unset") as raised:
        listen(settings.load({"LISTEN_HOST": host}))
    assert str(raised.value).startswith(words)


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0", "::"])
def test_a_port_that_is_taken_is_named_with_what_to_do(host: str) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ListenError) as raised:
            listen(settings.load({"LISTEN_HOST": host, "PORT": str(port)}))
    assert str(raised.value).startswith(f"Port {port} on {host} is in use")
    assert "set PORT" in str(raised.value)
