"""The vendor's account: keys with their limits, credits, and jobs on their way from submit to result."""

import re
import secrets
import threading
from collections import OrderedDict, deque
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from relay.sandbox.config import Config
from relay.sandbox.errors import not_found, out_of_credits, policy_violation, unauthorized
from relay.sandbox.jobs import Job, Kind
from relay.sandbox.limits import TIERS, Meter
from relay.sandbox.misfortunes import Misfortune, course
from relay.sandbox.schedule import Schedule
from relay.sandbox.webhooks import Webhooks, encoded

JOBS_KEPT = 10_000


class Vendor:
    """All state of the API, behind one lock. Failures are `ApiError`."""

    def __init__(self, config: Config, renders: Schedule, webhooks: Webhooks) -> None:
        self._config = config
        self._renders = renders
        self._webhooks = webhooks
        self._lock = threading.Lock()
        self._meters = {key: Meter(limits) for key, limits in config.keys.items()}
        self._strangers = Meter(TIERS["free"])
        self._credits = config.credits
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._orders: deque[tuple[Misfortune, ...]] = deque()

    def admit(self, authorization: str) -> str:
        """The key of a request, which is counted against the key's requests a minute."""
        scheme, _, key = authorization.partition(" ")
        if scheme.lower() != "bearer" or key not in self._meters:
            raise unauthorized()
        with self._lock:
            self._meters[key].requests.take(self._config.clock())
        return key

    def admit_video_create(self, key: str) -> None:
        with self._lock:
            self._meters[key].video_creates.take(self._config.clock())

    def admit_video_poll(self, key: str) -> None:
        with self._lock:
            self._meters[key].video_polls.take(self._config.clock())

    def limit_headers(self, authorization: str) -> dict[str, str]:
        """What every answer says about the key's limit. Unknown keys are shown a free tier, untouched."""
        with self._lock:
            meter = self._meters.get(authorization.partition(" ")[2], self._strangers)
            return meter.headers(self._config.clock())

    def moderate(self, prompt: str) -> None:
        words = set(re.findall(r"\w+", prompt.lower()))
        if words & {word.lower() for word in self._config.blocked_words}:
            raise policy_violation()

    def start_video(self, key: str, kind: Kind, prefix: str, request: Mapping[str, Any], price: int) -> Job:
        """A new job within the limits of video jobs, paid for. The next misfortunes ordered happen to it."""
        now = self._config.clock()
        job_id = prefix + secrets.token_hex(8)
        with self._lock:
            self._meters[key].check_video(now)
            if price > self._credits:
                raise out_of_credits(price, self._credits)
            self._credits -= price
            way = course(self._orders.popleft() if self._orders else ())
            output_url = f"{self._config.output_base}/{job_id}.{kind.extension}"
            job = Job(job_id, kind, key, request, price, output_url, way, now)
            self._remember(job)
            ends_at = self._renders.after(self._config.render_seconds, lambda: self._reach(job, 0))
            self._meters[key].start_video(job_id, now, ends_at)
            return replace(job)

    def find(self, key: str, job_id: str, kind: Kind) -> Job:
        """The job as it is now; those of another key are unknown."""
        with self._lock:
            job = self._jobs.get(job_id)
            if job is None or job.key != key or job.kind is not kind:
                raise not_found(kind.name.replace(".", " "), "generation_id")
            return replace(job)

    @property
    def credits(self) -> int:
        with self._lock:
            return self._credits

    def order(self, *misfortunes: Misfortune) -> None:
        """All of these happen to the next job that nothing was ordered for yet."""
        with self._lock:
            self._orders.append(misfortunes)

    def orders(self) -> list[tuple[Misfortune, ...]]:
        with self._lock:
            return list(self._orders)

    def _remember(self, job: Job) -> None:
        self._jobs[job.id] = job
        if len(self._jobs) > JOBS_KEPT:
            self._jobs.popitem(last=False)

    def _reach(self, job: Job, step: int) -> None:
        """The render's end: the job comes to its next status, and the webhook tells."""
        with self._lock:
            before, job.status = job.status, job.course.reaches[step]
            job.completed_at = self._config.clock()
            self._meters[job.key].end_video(job.id)
            if job.status == "failed":
                self._credits += job.credits
            elif before == "failed":
                self._credits -= job.credits
            reached = replace(job)
        if step + 1 < len(job.course.reaches):
            self._renders.after(self._config.render_seconds, lambda: self._reach(job, step + 1))
        if url := reached.request.get("webhook_url"):
            event = f"{job.kind.name}.{reached.status}"
            self._webhooks.send(url, event, job.id, encoded(job.kind.webhook(reached)), job.course)
