"""While another program holds the database, who writes gets 503 within four seconds; reads are answered."""

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from hashlib import sha256

import pytest

from relay.store.sqlite.store import SqliteStore
from tests.wire import Connection, RelayProcess, Reply, generation, request, signed, wait_until

TOKEN = "cr_of-the-test"
AUTHORIZATION = ("Authorization", f"Bearer {TOKEN}")
FORM = ("Content-Type", "application/x-www-form-urlencoded")


def get(path: str) -> bytes:
    return request(b"", [AUTHORIZATION], path, "GET")


def post(path: str, body: bytes, kind: tuple[str, str] = ("Content-Type", "application/json")) -> bytes:
    return request(body, [AUTHORIZATION, kind, ("Content-Length", str(len(body)))], path)


JOB = b'{"kind": "voice", "input": {"text": "Hello."}}'

# What is sent, ten at a time, -> the statuses that may come back, and within how many seconds.
READS = {
    "deliveries": get("/api/deliveries"),
    "jobs": get("/api/jobs"),
    "events": get("/api/events"),
    "refused webhooks": get("/api/refused-webhooks"),
    "metrics": get("/metrics"),
    "alive": get("/healthz"),
    "the page to sign in": get("/login"),
    "a forged webhook": signed(generation("vgen_f"), secret="another secret"),
}
WRITES = {
    "a job": post("/api/jobs", JOB),
    "a webhook": signed(generation("vgen_1")),
    "a generation": post("/api/generations", b'{"id": "vgen_2"}'),
    "a pause": post("/api/queue/pause", b'{"reason": "Sale."}'),
    "a password": post("/login", b"password=wrong", FORM),
}
READ_SECONDS, WRITE_SECONDS = 2.0, 4.0

pytestmark = pytest.mark.serial  # seconds are counted


@pytest.fixture(scope="module")
def relay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RelayProcess]:
    environment = {"CREATIVEAI_API_KEY": "key-of-the-test", "ADMIN_PASSWORD": "correct horse battery"}
    environment["ORIGIN_MAP"] = "https://api.creativeai.run=http://127.0.0.1:9"
    with RelayProcess(tmp_path_factory.mktemp("locked"), environment) as relay:
        with closing(SqliteStore(relay.database_path)) as store:
            store.add_token("test", sha256(TOKEN.encode()).hexdigest(), now=1)
        wait_until(relay.delivery_worker)
        yield relay


def answers(relay: RelayProcess, wanted: list[bytes]) -> list[tuple[float, Reply]]:
    """All are sent at the same moment; each with its seconds."""
    found: list[tuple[float, Reply]] = []
    start = threading.Barrier(len(wanted))

    def ask(raw: bytes) -> None:
        with Connection(relay.port, timeout=60) as wire:
            start.wait()
            began = time.perf_counter()
            reply = wire.post(raw)
            found.append((time.perf_counter() - began, reply))

    threads = [threading.Thread(target=ask, args=(raw,)) for raw in wanted]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(90)
    assert len(found) == len(wanted)
    return found


def held(relay: RelayProcess) -> "closing[sqlite3.Connection]":
    other = sqlite3.connect(relay.database_path, isolation_level=None, timeout=30)
    other.execute("begin immediate")
    return closing(other)


@pytest.mark.parametrize("name", WRITES)
def test_ten_that_write_get_503_within_four_seconds(relay: RelayProcess, name: str) -> None:
    with held(relay):
        for seconds, reply in answers(relay, [WRITES[name]] * 10):
            assert reply.status == 503, reply
            assert seconds < WRITE_SECONDS, name


def test_ten_of_each_that_read_are_answered_at_once_also_beside_those_that_write(
    relay: RelayProcess,
) -> None:
    with held(relay):
        for name, raw in READS.items():
            for seconds, reply in answers(relay, [raw] * 10):
                assert reply.status in (200, 401), reply
                assert seconds < READ_SECONDS, name
        mixed = answers(relay, [WRITES["a job"]] * 10 + [READS["deliveries"]] * 10)
    assert sorted(reply.status for _, reply in mixed) == [200] * 10 + [503] * 10
    assert max(seconds for seconds, reply in mixed if reply.status == 200) < READ_SECONDS
    assert max(seconds for seconds, _ in mixed) < WRITE_SECONDS


def test_afterwards_all_is_as_before(relay: RelayProcess) -> None:
    """What was answered 503 has left nothing, and what comes now is taken."""

    def is_taken() -> bool:
        return answers(relay, [WRITES["a webhook"]])[0][1].status in (200, 202)

    wait_until(is_taken)
    assert relay.number("select count(*) from job") == 0
    assert answers(relay, [WRITES["a job"]])[0][1].status == 201
