"""Identical webhooks that arrive at the same time become one event, one result, one delivery."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.wire import Connection, Receiver, RelayProcess, generation, new_generation_id, signed, wait_until

pytestmark = pytest.mark.slow

KEYS = 20
SOCKETS = 50
POSTS = 10


def test_500_parallel_identical_posts_of_each_of_20_webhooks_store_one_event_each(tmp_path: Path) -> None:
    with Receiver() as receiver:
        environment = {"WEBHOOK_URL": receiver.url(), "ALLOWED_HOSTS": receiver.host}
        with RelayProcess(tmp_path, environment) as relay:
            ids = [new_generation_id() for _ in range(KEYS)]
            answers = _post_all(relay.port, [signed(generation(generation_id)) for generation_id in ids])
            for generation_id, found in zip(ids, answers, strict=True):
                assert Counter(status for status, _ in found) == {202: 1, 200: SOCKETS * POSTS - 1}
                assert len({event for _, event in found}) == 1, generation_id
            counts = "select count(*), count(distinct delivery_id) from event"
            with relay.database() as database:
                assert database.execute(counts).fetchone() == (KEYS, KEYS)
                assert database.execute("select count(*) from result").fetchone() == (KEYS,)
                deliveries = "select connection, count(*), count(distinct result_id) from delivery group by 1"
                assert database.execute(deliveries).fetchall() == [("webhook", KEYS, KEYS)]
            wait_until(lambda: len(receiver.calls) >= KEYS)
            assert relay.stop() == 0
        assert Counter(call.json["data"]["generation_id"] for call in receiver.calls) == dict.fromkeys(ids, 1)


def _post_all(port: int, raws: list[bytes]) -> list[list[tuple[int, str]]]:
    """For each webhook, what all its posts were answered; all sockets start on each webhook together."""
    together = threading.Barrier(SOCKETS)

    def post() -> list[list[tuple[int, str]]]:
        with Connection(port, timeout=60) as line:
            found = []
            for raw in raws:
                together.wait(60)
                replies = [line.post(raw) for _ in range(POSTS)]
                found.append([(reply.status, reply.json["event"]) for reply in replies])
            return found

    with ThreadPoolExecutor(SOCKETS) as pool:
        by_socket = [future.result() for future in [pool.submit(post) for _ in range(SOCKETS)]]
    return [[answer for found in by_socket for answer in found[number]] for number in range(len(raws))]
