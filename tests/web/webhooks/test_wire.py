"""Webhooks over a real wire and the real server: framing, sizes, and what is logged."""

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.wire import (
    Connection,
    CutError,
    RelayProcess,
    generation,
    new_generation_id,
    request,
    sign,
    signed,
)

MEGABYTE = 1_000_000
Frame = Callable[[bytes], bytes]


@pytest.fixture(scope="module")
def relay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RelayProcess]:
    """One process for all of this file: each test uses ids of its own."""
    with RelayProcess(tmp_path_factory.mktemp("relay") / "data") as process:
        yield process


@pytest.fixture
def line(relay: RelayProcess) -> Iterator[Connection]:
    with Connection(relay.port) as connection:
        yield connection


def body_of(relay: RelayProcess, delivery_id: str) -> bytes:
    with relay.database() as database:
        ((body,),) = database.execute(
            "select body from event_body join event on id = event_id where delivery_id = ?", (delivery_id,)
        ).fetchall()
    return bytes(body)


def known(relay: RelayProcess, delivery_id: str) -> int:
    return relay.number("select count(*) from event where delivery_id = ?", delivery_id)


def chunks(body: bytes, size: int) -> bytes:
    parts = [body[at : at + size] for at in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


def chunked(body: bytes, size: int) -> bytes:
    headers = [("Transfer-Encoding", "chunked"), ("X-CreativeAI-Signature", sign(body))]
    return request(chunks(body, size), headers)


def padded(generation_id: str, size: int) -> bytes:
    empty = len(json.dumps(generation(generation_id, prompt="")))
    return json.dumps(generation(generation_id, prompt="x" * (size - empty))).encode()


FRAMES = [
    pytest.param(signed, id="with its length"),
    pytest.param(lambda body: chunked(body, 50_000), id="chunked"),
]


@pytest.mark.parametrize("size", [1, 7, 65_536])
def test_a_chunked_body_is_taken_whole(relay: RelayProcess, line: Connection, size: int) -> None:
    name = new_generation_id()
    body = json.dumps(generation(name, prompt="é" * 300)).encode()
    assert line.post(chunked(body, size)).status == 202
    assert body_of(relay, name) == body
    assert line.post(chunked(body, size)).status == 200, "the line is still in step"


@pytest.mark.parametrize("frame", FRAMES)
def test_one_megabyte_is_taken_whole_and_a_byte_more_is_413(relay: RelayProcess, frame: Frame) -> None:
    largest, larger = new_generation_id(), new_generation_id()
    with Connection(relay.port) as line:
        assert line.post(frame(padded(largest, MEGABYTE))).status == 202
        assert body_of(relay, largest) == padded(largest, MEGABYTE)
    with Connection(relay.port) as line:
        reply = line.post(frame(padded(larger, MEGABYTE + 1)))
        assert reply.status == 413
        assert "Nothing was stored" in reply.json["error"]
    assert known(relay, larger) == 0


@pytest.mark.parametrize("size", [MEGABYTE + 1, 3 * MEGABYTE, 20 * MEGABYTE])
@pytest.mark.parametrize("frame", FRAMES)
def test_what_is_too_large_is_413_and_no_part_of_it_is_taken_for_another_request(
    relay: RelayProcess, frame: Frame, size: int
) -> None:
    hidden = new_generation_id()
    body = b'{"prompt": "' + b"x" * (size - 12) + signed(generation(hidden)) * 3 + b'"}'
    with Connection(relay.port) as line:
        with suppress(ConnectionError):  # answered before all was sent
            line.send(frame(body) + request(b"", (), "/healthz", "GET"))
        assert line.receive().status == 413
        with suppress(CutError):
            assert line.receive().json == {"ok": True}
    assert known(relay, hidden) == 0


@pytest.mark.parametrize("frame", FRAMES)
def test_a_body_whose_first_megabyte_is_a_webhook_of_its_own_is_not_cut_to_it(
    relay: RelayProcess, frame: Frame
) -> None:
    """Signed as that first part alone: a server that cuts in silence would take it."""
    name = new_generation_id()
    part = padded(name, MEGABYTE)
    raw = frame(part + b" " * 5000).replace(sign(part + b" " * 5000).encode(), sign(part).encode())
    with Connection(relay.port) as line:
        assert line.post(raw).status == 413
    assert known(relay, name) == 0


def test_a_length_that_is_too_large_is_refused_before_the_body_comes(line: Connection) -> None:
    headers = [("Content-Length", str(10**12)), ("X-CreativeAI-Signature", "sha256=" + "0" * 64)]
    assert line.post(request(b"{", headers)).status == 413


def test_a_body_that_ends_before_its_length_is_not_taken(relay: RelayProcess, line: Connection) -> None:
    name = new_generation_id()
    body = json.dumps(generation(name)).encode()
    headers = [
        ("Content-Length", str(len(body) + 100)),
        ("X-CreativeAI-Delivery-Id", name),
        ("X-CreativeAI-Signature", sign(body)),
    ]
    line.send(request(body, headers))
    line.finish()
    with suppress(CutError):
        assert line.receive().status == 400
    assert known(relay, name) == 0


@pytest.mark.parametrize("cut", [1, 3, 5, 40])
def test_a_chunked_body_that_is_cut_is_not_taken(relay: RelayProcess, line: Connection, cut: int) -> None:
    """Also where all but the last, empty chunk has come: then nobody knows that it was all."""
    name = new_generation_id()
    line.send(chunked(json.dumps(generation(name)).encode(), 10_000)[:-cut])
    line.finish()
    with suppress(CutError):
        assert line.receive().status not in {200, 202}
    assert known(relay, name) == 0


def test_a_body_longer_than_its_length_is_judged_by_its_length_alone(
    relay: RelayProcess, line: Connection
) -> None:
    name = new_generation_id()
    body = json.dumps(generation(name)).encode()
    headers = [("Content-Length", str(len(body))), ("X-CreativeAI-Signature", sign(body + b" "))]
    assert line.post(request(body + b" ", headers)).status == 401
    assert known(relay, name) == 0


def test_two_ways_of_saying_the_length_are_refused(relay: RelayProcess, line: Connection) -> None:
    name = new_generation_id()
    body = json.dumps(generation(name)).encode()
    headers = [
        ("Content-Length", str(len(chunks(body, 50)))),
        ("Transfer-Encoding", "chunked"),
        ("X-CreativeAI-Signature", sign(body)),
    ]
    with suppress(CutError):
        assert line.post(request(chunks(body, 50), headers)).status not in {200, 202}
    assert known(relay, name) == 0


@pytest.mark.parametrize("length", ["-1", "abc", "+5", "1e3", "0x10", "5, 6", "\u0665"])
def test_a_length_that_is_no_number_is_refused(line: Connection, length: str) -> None:
    headers = [("Content-Length", length), ("X-CreativeAI-Signature", sign(b"{}"))]
    line.send(request(b"{}", headers))
    line.finish()
    with suppress(CutError):
        assert line.receive().status in {400, 401}


def test_without_a_length_there_is_no_body_and_so_no_signature_that_fits(line: Connection) -> None:
    body = json.dumps(generation(new_generation_id())).encode()
    line.send(request(body, [("X-CreativeAI-Signature", sign(body)), ("Connection", "close")]))
    line.finish()
    assert line.receive().status == 401


@pytest.mark.parametrize("both", ["right first", "right last", "right twice"])
def test_two_signatures_are_as_good_as_none(relay: RelayProcess, line: Connection, both: str) -> None:
    name = new_generation_id()
    body = json.dumps(generation(name)).encode()
    right, wrong = sign(body), sign(body, "another secret")
    pair = {"right first": (right, wrong), "right last": (wrong, right), "right twice": (right, right)}[both]
    headers = [("Content-Length", str(len(body))), *(("X-CreativeAI-Signature", value) for value in pair)]
    assert line.post(request(body, headers)).status == 401
    assert known(relay, name) == 0


def test_a_header_spelled_with_underscores_is_not_the_signature(line: Connection) -> None:
    body = json.dumps(generation(new_generation_id())).encode()
    headers = [("Content-Length", str(len(body))), ("X_CreativeAI_Signature", sign(body))]
    assert line.post(request(body, headers)).status in {400, 401}


def test_a_client_that_waits_for_100_continue_gets_it(relay: RelayProcess, line: Connection) -> None:
    name = new_generation_id()
    raw = signed(generation(name), extra=[("Expect", "100-continue")])
    head, _, body = raw.partition(b"\r\n\r\n")
    line.send(head + b"\r\n\r\n")
    line.send(body)
    assert line.receive().status == 202
    assert known(relay, name) == 1


def test_webhooks_on_one_line_are_each_answered_in_their_order(relay: RelayProcess, line: Connection) -> None:
    name = new_generation_id()
    raw = signed(generation(name))
    line.send(raw + signed(generation(name), secret="another secret") + raw)
    assert [line.receive().status for _ in range(3)] == [202, 401, 200]


def test_an_event_is_on_disk_before_its_answer_and_survives_the_process(tmp_path: Path) -> None:
    name = new_generation_id()
    with RelayProcess(tmp_path / "data") as relay:
        with Connection(relay.port) as line:
            assert line.post(signed(generation(name))).status == 202
        relay.kill()
        assert known(relay, name) == 1
        relay.start()
        with Connection(relay.port) as line:
            assert line.post(signed(generation(name))).status == 200


def test_the_log_is_one_json_object_per_line_and_holds_no_secret(tmp_path: Path) -> None:
    secrets = {
        "CREATIVEAI_WEBHOOK_SECRET": "whsec-for-tests-only",
        "CREATIVEAI_API_KEY": "rph_live_never_in_a_log",
        "ADMIN_PASSWORD": "password-never-in-a-log",
        "SECRET_KEY": "key-never-in-a-log",
        "WEBHOOK_URL": "http://127.0.0.1:1/path-never-in-a-log",
        "WEBHOOK_SECRET": "signing-secret-never-in-a-log",
    }
    name = new_generation_id()
    with RelayProcess(tmp_path / "data", secrets) as relay:
        with Connection(relay.port) as line:
            assert line.post(signed(generation(name))).status == 202
            assert line.post(signed(generation(name), secret="rph_live_never_in_a_log")).status == 200
            assert line.post(signed(generation(name), secret="another secret")).status == 401
            assert line.post(signed(b"{")).status == 202
            assert line.post(request(b"", [("Authorization", "Basic \xe9")], "/", "GET")).status == 303
        assert relay.stop() == 0
        text = relay.log.read_text()
    entries = [json.loads(entry) for entry in text.splitlines()]
    assert all({"time", "level", "event"} <= entry.keys() for entry in entries)
    webhooks = [entry for entry in entries if entry["event"].startswith("webhook")]
    assert [(entry["event"], entry.get("new")) for entry in webhooks] == [
        ("webhook", True),
        ("webhook", False),
        ("webhook refused", None),
        ("webhook unreadable", None),
        ("webhook", True),
    ]
    for secret in secrets.values():
        assert secret not in text
    assert "never-in-a-log" not in text
