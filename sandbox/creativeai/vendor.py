"""The vendor's jobs, on their way from submit to result."""

import re
import secrets
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace

from sandbox.config import VIDEO_SECONDS, Config
from sandbox.creativeai.account import Account
from sandbox.creativeai.fault_queue import FaultQueue, fitted_to
from sandbox.creativeai.faults import FaultPlan
from sandbox.creativeai.jobs import Job, JobRequest, written
from sandbox.creativeai.ledger import LedgerEntry, entry_of
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
        self.faults = FaultQueue()

    def moderate(self, text: str, param: str = "prompt") -> None:
        words = set(re.findall(r"\w+", text.lower()))
        if words & {word.lower() for word in self._config.blocked_words}:
            raise policy_violation(param)

    def start(self, key: str, submit: JobRequest, *, video: bool = False) -> Job:
        """A new job, paid for, as it is right after the submit. Injected faults happen to it."""
        with self._lock:
            job = self._new_job(key, submit, self._plan(submit))
            if video:
                ends_at = job.created_at + self._render_time(job) / self._config.speed
                self.account.buy_video(key, job.credits, job.id, ends_at)
            else:
                self.account.buy(job.credits)
            return self._register(job)

    def start_batch(self, key: str, submit: JobRequest, parts: Sequence[JobRequest]) -> Job:
        """A job whose parts are the batch's videos; each has its own plan and costs its own credits."""
        with self._lock:
            plan = self._plan(submit)
            batch = self._new_job(key, submit, plan)
            jobs = [self._new_job(key, part, _of_part(plan)) for part in parts]
            for job in jobs:
                job.batch = batch.id
            if plan.partial:
                jobs[0].plan = replace(jobs[0].plan, statuses=("failed",))
                jobs[-1].plan = replace(jobs[-1].plan, statuses=("completed",))
                jobs[-1].renders = 2
            batch.parts = tuple(jobs)
            self.account.buy_batch(key, sum(job.credits for job in jobs), len(jobs))
            return self._register(batch)

    def run(self, job: Job) -> None:
        """Let a job that was started run. Before the response to its submit, but outside the lock: a
        webhook that comes first is sent from here."""
        for job_id in (*(part.id for part in job.parts), job.id):
            with self._lock:
                each = self._jobs[job_id]
            if each.plan.webhook_first and each.renders == 1:
                self._advance(each, 0)
            else:
                self._render(each, 0, each.renders)

    def complete_now(self, key: str, submit: JobRequest) -> Job:
        """A job whose result is in the response."""
        with self._lock:
            plan = self._plan(submit)
            if plan.statuses[0] == "failed":
                self.faults.consume()
                raise generation_failed(submit.kind.name.replace(".", " ").capitalize())
            job = self._new_job(key, submit, plan)
            self.account.buy(job.credits)
            job.status, job.completed_at = "completed", job.created_at
            return self._register(job)

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

    def wait(self, seconds: float, *, since: float) -> None:
        """Let the current request wait until so many of the sandbox's seconds have passed since then."""
        self._renders.wait(seconds, since=since)

    @property
    def jobs(self) -> list[LedgerEntry]:
        """The ledger, oldest first: the last 10,000 jobs, a batch's videos one by one."""
        with self._lock:
            now = self._config.clock()
            return [entry_of(job.at(now)) for job in self._jobs.values() if not job.parts]

    def _plan(self, submit: JobRequest) -> FaultPlan:
        return fitted_to(self.faults.next_submit(), submit.request)

    def _new_job(self, key: str, submit: JobRequest, plan: FaultPlan) -> Job:
        now = self._config.clock()
        job_id = submit.id_prefix + secrets.token_hex(8)
        elsewhere = submit.credits if submit.credits_elsewhere is None else submit.credits_elsewhere
        down = plan.down == "submit"
        return Job(
            id=job_id,
            kind=submit.kind,
            key=key,
            request=submit.request,
            credits=elsewhere if down else submit.credits,
            credits_elsewhere=elsewhere,
            output_url=f"{self._config.output_base}/{job_id}{submit.suffix}.{submit.kind.extension}",
            plan=plan,
            created_at=now,
            begins_at=now + self._scaled(submit.kind.waits) / self._config.speed,
            failed_over=down,
        )

    def _register(self, job: Job) -> Job:
        """Paid for, and known from now on."""
        self.faults.consume()
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
        self._renders.after(self._render_time(job) * times, lambda: self._advance(job, step))

    def _advance(self, job: Job, step: int) -> None:
        """End of a render: the job reaches its next status, and a webhook is sent."""
        with self._lock:
            before, job.status = job.status, job.plan.statuses[step]
            job.completed_at = self._config.clock()
            self._settle(job, before)
            reached = job.at(job.completed_at)
        if step + 1 < len(job.plan.statuses):
            self._render(job, step + 1)
        reported_before = before == reached.status and not job.parts
        if (url := reached.request.get("webhook_url")) and not reported_before:
            body = written(job.kind.webhook(reached), job.plan)
            event = f"{job.kind.name}.{reached.status}"
            self._webhooks.send(
                url, event, job.id, encoded(body, pretty=job.plan.pretty), job.plan, first=step == 0
            )

    def _settle(self, job: Job, before: str) -> None:
        """Credits follow the status."""
        self.account.end_video(job.key, job.id)
        if job.plan.down == "render" and not job.failed_over:
            job.failed_over = True
            self._refund(job, job.credits - job.credits_elsewhere)
            job.credits = job.credits_elsewhere
        if job.status == "failed" and before != "failed":
            self._refund(job, job.credits)
        elif job.status == "completed" and before == "failed":
            job.charged += job.credits
            self.account.charge_again(job.credits)

    def _refund(self, job: Job, credits: int) -> None:  # noqa: A002 - the vendor's word
        job.refunded += credits
        self.account.refund(credits)


def _of_part(plan: FaultPlan) -> FaultPlan:
    return replace(plan, calls_back=plan.calls_back and plan.children)
