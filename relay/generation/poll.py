"""Asks CreativeAI about one running job: a webhook that never came costs minutes, not the result."""

import logging
from collections.abc import Callable

from relay.creativeai import Batch, CreativeAI, Generation
from relay.errors import RemoteError
from relay.generation.call_result import Brought, brought, rate_limit_info, results_of
from relay.generation.kinds import Kind, kind
from relay.generation.retry_policy import after_poll
from relay.models.core import ResultStatus
from relay.models.job import JobStatus
from relay.models.queue import CallOutcome, StatusPoll

log = logging.getLogger(__name__)


def poll(call: StatusPoll, client: CreativeAI, *, clock: Callable[[], int]) -> Brought | CallOutcome:
    """Never raises. What it brings is for the store to compare with what is known."""
    chosen = _followed(call.kind)
    if chosen is None or chosen.poll is None or chosen.poll_schedule is None:
        why = f"CreativeAI cannot be asked about jobs of the kind {call.kind}. Look there what became of it."
        return CallOutcome(call, clock(), JobStatus.HELD, why)
    try:
        answer = chosen.poll(client, call.vendor_id, clock())
        now = clock()
        wait = chosen.poll_schedule.wait(call.age / 1000)
        names_children = (
            isinstance(answer, Batch) and wait is not None
        )  # their webhooks say not whose they are
        if not names_children and not _brings_something(answer):
            return after_poll(
                call,
                None,
                poll_schedule=chosen.poll_schedule,
                now=now,
                told=rate_limit_info(answer.limits, now),
            )
        look_at = None if wait is None else now + round(wait * 1000)
        return brought(call, answer, chosen, found="recovered", look_at=look_at, now=now)
    except Exception as error:
        if not isinstance(error, RemoteError):
            log.exception("look broke", extra={"job": call.job_id, "vendor_id": call.vendor_id})
        return after_poll(call, error, poll_schedule=chosen.poll_schedule, now=clock())


def _followed(name: str) -> Kind | None:
    try:
        return kind(name)
    except KeyError:
        return None


def _brings_something(answer: Generation | Batch) -> bool:
    return any(result.status is not ResultStatus.PROCESSING for result in results_of(answer))
