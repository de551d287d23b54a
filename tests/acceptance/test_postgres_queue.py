"""The vendor's limits hold over all processes that share a Postgres."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from relay.models.job import JobStatus
from relay.models.queue import QueueLimits
from relay.store.postgres.store import PostgresStore
from sandbox import Limits
from tests import postgres
from tests.acceptance.test_queue import PATIENCE, rig
from tests.wire import wait_until

QUEUES = 3


@pytest.fixture
def open_store(postgres_server: postgres.Server) -> Iterator[Callable[[], PostgresStore]]:
    url = postgres.new_database(postgres_server)
    with ExitStack() as opened:
        yield lambda: opened.enter_context(closing(PostgresStore(url)))


def test_three_queues_keep_to_the_limits_together_and_pay_for_each_job_once(
    open_store: Callable[[], PostgresStore], tmp_path: Path
) -> None:
    with rig(tmp_path, Limits(), store=open_store()) as r:
        r.ask(videos=30, voices=15, images=15)
        with ExitStack() as queues:
            for _ in range(QUEUES):
                queues.enter_context(r.queue(QueueLimits(), store=open_store()))
            wait_until(r.done, PATIENCE)
        assert {job.status for job in r.jobs()} == {JobStatus.COMPLETED}
        assert r.http.answers[429] == 0
        assert r.bookings() == {f"Job {n}": 1 for n in range(60)}
