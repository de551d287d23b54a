"""The server keeps connections open, listens on loopback alone, and is gone when it was stopped."""

import http.client
import socket
from urllib.parse import urlsplit

import pytest
import requests

from sandbox import Config, Sandbox, serve
from sandbox.scheduler import Schedule
from tests.sandbox.client import START, Client, until
from tests.wire import free_port


def connection_to(sandbox: Sandbox) -> http.client.HTTPConnection:
    parts = urlsplit(sandbox.url)
    return http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=5)


def test_one_connection_serves_many_requests_whatever_their_answer(sandbox: Sandbox) -> None:
    connection = connection_to(sandbox)
    local = None
    for path, status in [
        ("/inbox/a", 200),
        ("/v1/video/generations", 401),
        ("/nothing", 404),
        ("/inbox/a", 200),
    ]:
        connection.request("POST", path, body=b"x" * 100_000)
        answer = connection.getresponse()
        answer.read()
        assert answer.status == status
        local = local or connection.sock.getsockname()
        assert connection.sock.getsockname() == local
    connection.close()


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Transfer-Encoding": "chunked"}, 411),
        ({"Content-Length": "-1"}, 411),
        ({"Content-Length": "9" * 12}, 413),
    ],
)
def test_a_body_of_unknown_or_absurd_length_ends_the_connection(
    sandbox: Sandbox, headers: dict[str, str], status: int
) -> None:
    connection = connection_to(sandbox)
    connection.putrequest("POST", "/inbox/a")
    for name, value in headers.items():
        connection.putheader(name, value)
    connection.endheaders()
    answer = connection.getresponse()
    assert answer.status == status
    assert answer.getheader("Connection") == "close"
    connection.close()


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::"])
def test_it_binds_to_loopback_only(host: str) -> None:
    with pytest.raises(ValueError, match="loopback"):
        serve(host)


def test_a_stopped_sandbox_answers_on_no_connection() -> None:
    sandbox = serve("localhost")
    connection = connection_to(sandbox)
    connection.request("GET", "/sandbox/inbox")
    assert connection.getresponse().read()
    sandbox.stop()
    sandbox.wait()
    assert connection.sock.recv(1) == b""
    connection.close()
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{sandbox.url}/sandbox/inbox", timeout=5)


def test_a_port_can_be_chosen() -> None:
    port = free_port()
    sandbox = serve(port=port, config=Config())
    assert sandbox.url == f"http://127.0.0.1:{port}"
    sandbox.stop()


def test_an_action_that_fails_does_not_end_the_schedule(caplog: pytest.LogCaptureFixture) -> None:
    schedule = Schedule(lambda: START, speed=1, threads=1, name="test")
    done: list[int] = []
    schedule.after(0, lambda: done.append(1 // 0))
    schedule.after(0, lambda: done.append(2))
    until(lambda: not schedule.pending)
    schedule.stop()
    assert done == [2]
    assert "a scheduled action of the sandbox failed" in caplog.text


def test_a_slow_webhook_receiver_holds_up_neither_renders_nor_other_webhooks(
    client: Client, sandbox: Sandbox
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        slow = client.create(webhook_url=f"http://127.0.0.1:{silent.getsockname()[1]}/").json()["id"]
        fast = client.create_with_webhook()
        client.clock.now += 150
        sandbox.wake()
        until(lambda: [item.body for item in sandbox.received("relay") if fast in item.body])
        assert client.status(slow)["status"] == "completed"
