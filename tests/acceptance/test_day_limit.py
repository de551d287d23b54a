"""130 videos where a day allows 100, killed at the boundary and while waiting: each paid and delivered once.

What is said meanwhile about when a place is free comes true. A day takes 48 seconds.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from relay.generation.status import job_status, queue_status
from relay.models.core import ResultStatus
from relay.models.job import JobStatus
from relay.models.queue import QueueLimits
from sandbox import Limits
from tests.acceptance import queue_worker
from tests.acceptance.queue_worker import SHEET
from tests.acceptance.test_queue import PATIENCE, Rig, rig
from tests.store.contract.make import drain
from tests.wire import forked, wait_until

FASTER = 1800
LIMITS = QueueLimits(100)
ASKED, A_DAY = 130, 100
HOUR = 3_600_000  # ms of the vendor's; two of this machine's seconds
OFF = 0.1  # of the wait that was promised
MACHINE_MS = (
    HOUR  # that a send may be late besides, because this machine was busy: a wait may be short by then
)


@dataclass(frozen=True, slots=True)
class Promise:
    """What a waiting job said at a moment about when it is sent."""

    job_id: str
    said_at: int
    sent_at: int

    def off_by(self, sent_at: int) -> float:
        """Which part of the promised wait it was wrong by; a negative one was too early."""
        return (sent_at - self.sent_at) / (self.sent_at - self.said_at)

    def came_true(self, sent_at: int) -> bool:
        late = sent_at - self.sent_at
        promised = OFF * (self.sent_at - self.said_at)
        return -promised <= late <= max(promised, MACHINE_MS)


def run_until(r: Rig, condition: Callable[[], bool]) -> None:
    """A worker until then; it ends by `kill -9`. A person decides about what the kill before left held."""
    given = [str(r.database), r.sandbox.url, r.relay, repr(r.began), str(FASTER)]
    worker = forked.start(queue_worker.main, *given, log=r.database.with_name("output.log"))
    try:
        wait_until(lambda: decide(r) or condition(), PATIENCE)
    except TimeoutError:
        stuck = Counter((job.status, job.status_reason) for job in r.store.jobs(limit=1000))
        raise AssertionError(f"{stuck}; {r.store.queue_state('key', now=r.now())}") from None
    finally:
        worker.kill()
        worker.join()


def decide(r: Rig) -> None:
    """As the reason says: check at CreativeAI, then link what is there, and retry what is not."""
    for job in r.store.jobs(limit=1000, status=JobStatus.HELD):
        at_vendor = {str(each.request["prompt"]): each.id for each in r.sandbox.jobs}
        made = at_vendor.get(str(job.input["prompt"]))
        if made:
            r.store.link_job(job.id, made, now=r.now())
        else:
            r.store.retry_job(job.id, now=r.now())


def promises(r: Rig) -> list[Promise]:
    found = []
    for job in r.store.jobs(limit=1000, status=JobStatus.QUEUED):
        at = r.now()
        place, queue = r.store.queue_position(job.id, now=at), r.store.queue_state("key", now=at)
        said = job_status(job, queue, LIMITS, at, place)
        assert said.reason.startswith("100 of 100 videos today; the next place is free at"), said
        assert said.next_at is not None
        found.append(Promise(job.id, at, said.next_at))
    return found


def test_a_days_cap_and_kills_cost_nothing_twice_and_every_time_that_is_said_comes_true(
    tmp_path: Path,
) -> None:
    with rig(tmp_path, Limits(), FASTER) as r:
        r.ask(videos=ASKED)
        kills = (40, A_DAY - 3, A_DAY - 1)
        for made in kills:
            run_until(r, lambda made=made: len(r.sandbox.jobs) >= made)

        def is_full() -> bool:
            at = r.now()
            queue = r.store.queue_state("key", now=at)
            sending = r.store.jobs(limit=1, status=JobStatus.SUBMITTED)
            undecided = r.store.jobs(limit=1, status=JobStatus.HELD)  # left by a kill, for `decide`
            return not sending and not undecided and queue_status(queue, LIMITS, at).state == "limited"

        said: list[Promise] = []
        for _ in range(3):
            run_until(r, is_full)
            said += promises(r)
        # A call that a kill cut off counts against the day, since it may have made a video.
        assert A_DAY - len(kills) <= len(r.sandbox.jobs) <= A_DAY
        run_until(r, r.done)
        assert r.bookings() == {f"Job {number}": 1 for number in range(ASKED)}
        assert {job.status for job in r.jobs()} == {JobStatus.COMPLETED}
        completed = [
            each.result.generation_id
            for each in drain(r.store, SHEET, at=r.now())
            if each.result.status is ResultStatus.COMPLETED
        ]
        assert Counter(completed) == {job.vendor_id: 1 for job in r.jobs()}
        sent_at = {job.id: job.submitted_at or 0 for job in r.jobs()}
        off = [each.off_by(sent_at[each.job_id]) for each in said]
        print(f"{len(said)} promises, off by at most {max(map(abs, off)):.1%}")
        assert Counter(each.job_id for each in said) == dict.fromkeys({each.job_id for each in said}, 3)
        assert len(said) >= 3 * (ASKED - A_DAY)
        assert [each for each in said if not each.came_true(sent_at[each.job_id])] == []
