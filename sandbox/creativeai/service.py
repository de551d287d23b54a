"""The vendor's jobs, on their way from submit to result."""

import re
import secrets
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace

from sandbox.config import VIDEO_SECONDS, Config
from sandbox.creativeai.account import Account
from sandbox.creativeai.fault_queue import FaultQueue, fitted
from sandbox.creativeai.faults import Course
from sandbox.creativeai.jobs import Job, JobRequest, written
from sandbox.creativeai.ledger import LedgerEntry, booked
from sandbox.creativeai.webhooks import Webhooks, encoded
from sandbox.errors import generation_failed, not_found, policy_violation
from sandbox.scheduler import Schedule

JOBS_KEPT = 10_000


class Vendor:
    """All jobs, behind one lock. Failures are `ApiError`."""

    def __init__(self, config: Config, renders: Schedule, webhooks: Webhooks) -> None:
        self._config = config
        self._renders = renders
        self._webhooks = webhooks
        self._lock = threading.Lock()
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self.account = Account(config)
        self.orders = FaultQueue()

    def moderate(self, text: str, param: str = "prompt") -> None:
        words = set(re.findall(r"\w+", text.lower()))
        if words & {word.lower() for word in self._config.blocked_words}:
            raise policy_violation(param)

    def start(self, key: str, wish: JobRequest, *, video: bool = False) -> Job:
        """A new job, paid for, as it is right after the submit. What was ordered happens to it."""
        with self._lock:
            job = self._made(key, wish, self._course(wish))
            if video:
                ends_at = job.created_at + self._render_time(job) / self._config.speed
                self.account.buy_video(key, job.credits, job.id, ends_at)
            else:
                self.account.buy(job.credits)
            return self._started(job)

    def start_batch(self, key: str, wish: JobRequest, parts: Sequence[JobRequest]) -> Job:
        """A job whose parts are the batch's videos; each has its own course and costs its own credits."""
        with self._lock:
            way = self._course(wish)
            batch = self._made(key, wish, way)
            jobs = [self._made(key, part, _of_part(way)) for part in parts]
            for job in jobs:
                job.batch = batch.id
            if way.partial:
                jobs[0].course = replace(jobs[0].course, reaches=("failed",))
                jobs[-1].course = replace(jobs[-1].course, reaches=("completed",))
                jobs[-1].renders = 2
            batch.parts = tuple(jobs)
            self.account.buy_batch(key, sum(job.credits for job in jobs), len(jobs))
            return self._started(batch)

    def set_off(self, job: Job) -> None:
        """Let a job that was started go its way. Before the answer to its submit, but outside the lock: a
        webhook that comes first is sent from here."""
        for job_id in (*(part.id for part in job.parts), job.id):
            with self._lock:
                each = self._jobs[job_id]
            if each.course.first and each.renders == 1:
                self._reach(each, 0)
            else:
                self._render(each, 0, each.renders)

    def do_now(self, key: str, wish: JobRequest) -> Job:
        """A job whose result is the answer itself."""
        with self._lock:
            way = self._course(wish)
            if way.reaches[0] == "failed":
                self.orders.taken()
                raise generation_failed(wish.kind.name.replace(".", " ").capitalize())
            job = self._made(key, wish, way)
            self.account.buy(job.credits)
            job.status, job.completed_at = "completed", job.created_at
            return self._started(job)

    def find(self, key: str, job_id: str, param: str = "generation_id") -> Job:
        """The job as it is now; those of another key are unknown."""
        with self._lock:
            job = self._jobs.get(job_id)
            if job is None or job.key != key:
                raise not_found("generation", param)
            return job.at(self._config.clock())

    @property
    def now(self) -> float:
        return self._config.clock()

    def hold(self, seconds: float, *, since: float) -> None:
        """Let the current request wait until so many of the sandbox's seconds have passed since then."""
        self._renders.wait(seconds, since=since)

    @property
    def jobs(self) -> list[LedgerEntry]:
        """The account book, oldest first: the last 10,000 jobs, a batch's videos one by one."""
        with self._lock:
            now = self._config.clock()
            return [booked(job.at(now)) for job in self._jobs.values() if not job.parts]

    def _course(self, wish: JobRequest) -> Course:
        return fitted(self.orders.next_submit(), wish.request)

    def _made(self, key: str, wish: JobRequest, way: Course) -> Job:
        now = self._config.clock()
        job_id = wish.id_prefix + secrets.token_hex(8)
        elsewhere = wish.credits if wish.credits_elsewhere is None else wish.credits_elsewhere
        down = way.down == "submit"
        return Job(
            id=job_id,
            kind=wish.kind,
            key=key,
            request=wish.request,
            credits=elsewhere if down else wish.credits,
            credits_elsewhere=elsewhere,
            output_url=f"{self._config.output_base}/{job_id}{wish.suffix}.{wish.kind.extension}",
            course=way,
            created_at=now,
            begins_at=now + self._scaled(wish.kind.waits) / self._config.speed,
            failed_over=down,
        )

    def _started(self, job: Job) -> Job:
        """Paid for, and known from now on."""
        self.orders.taken()
        for each in (job, *job.parts):
            each.charged = each.credits
            self._jobs[each.id] = each
        while len(self._jobs) > JOBS_KEPT:
            self._jobs.popitem(last=False)
        return job.at(self._config.clock())

    def _scaled(self, seconds: float) -> float:
        return seconds * self._config.render_seconds / VIDEO_SECONDS

    def _render_time(self, job: Job) -> float:
        return self._scaled(job.kind.seconds)

    def _render(self, job: Job, step: int, times: int = 1) -> None:
        self._renders.after(self._render_time(job) * times, lambda: self._reach(job, step))

    def _reach(self, job: Job, step: int) -> None:
        """The render's end: the job comes to its next status, and the webhook tells."""
        with self._lock:
            before, job.status = job.status, job.course.reaches[step]
            job.completed_at = self._config.clock()
            self._settle(job, before)
            reached = job.at(job.completed_at)
        if step + 1 < len(job.course.reaches):
            self._render(job, step + 1)
        told_before = before == reached.status and not job.parts
        if (url := reached.request.get("webhook_url")) and not told_before:
            body = written(job.kind.webhook(reached), job.course)
            event = f"{job.kind.name}.{reached.status}"
            self._webhooks.send(
                url, event, job.id, encoded(body, pretty=job.course.pretty), job.course, first=step == 0
            )

    def _settle(self, job: Job, before: str) -> None:
        """Credits follow the status."""
        self.account.end_video(job.key, job.id)
        if job.course.down == "render" and not job.failed_over:
            job.failed_over = True
            self._give_back(job, job.credits - job.credits_elsewhere)
            job.credits = job.credits_elsewhere
        if job.status == "failed" and before != "failed":
            self._give_back(job, job.credits)
        elif job.status == "completed" and before == "failed":
            job.charged += job.credits
            self.account.charge_again(job.credits)

    def _give_back(self, job: Job, credits: int) -> None:  # noqa: A002 - the vendor's word
        job.refunded += credits
        self.account.refund(credits)


def _of_part(way: Course) -> Course:
    return replace(way, calls_back=way.calls_back and way.children)
