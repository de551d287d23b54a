"""Asks CreativeAI about one running job: a webhook that never came costs minutes, not the result."""

import logging
from collections.abc import Callable
from dataclasses import replace

from relay.creativeai import Batch, CreativeAI, Generation
from relay.errors import RemoteError
from relay.generation import unclear_status
from relay.generation.call_result import call_result, rate_limit_info, results_of
from relay.generation.kinds import find_kind
from relay.generation.retry_policy import after_poll
from relay.models.core import ResultStatus
from relay.models.job import JobStatus
from relay.models.queue import CallOutcome, CallResult, StatusPoll

log = logging.getLogger(__name__)


def poll(call: StatusPoll, client: CreativeAI, *, clock: Callable[[], int]) -> CallResult | CallOutcome:
    """Never raises. The store compares the result with what is known."""
    chosen = find_kind(call.kind)
    if chosen is None or chosen.poll is None or chosen.poll_schedule is None:
        why = (
            f"CreativeAI cannot be asked about jobs of the kind {call.kind}. Check the job at CreativeAI, "
            "then retry or cancel the job."
        )
        return CallOutcome(call, clock(), JobStatus.HELD, why)
    try:
        response = _with_unlisted(chosen.poll(client, call.vendor_id, clock()), call.expected_results)
        now = clock()
        wait = chosen.poll_schedule.wait(call.age / 1000)
        hold_reason = ""
        if response.unclear:
            unclear_for = 0 if call.unclear_since is None else now - call.unclear_since
            wait = unclear_status.wait(wait, unclear_for)
            hold_reason = unclear_status.hold_reason(response.unclear, unclear_for)
        # The webhooks of a batch's generations do not name the batch, so their ids are kept while it runs.
        names_generations = isinstance(response, Batch) and wait is not None
        clears_up = call.unclear_since is not None
        if not (names_generations or response.unclear or clears_up or _has_news(response)):
            return after_poll(
                call,
                None,
                poll_schedule=chosen.poll_schedule,
                now=now,
                rate_limit=rate_limit_info(response.limits, now),
            )
        poll_at = None if wait is None else now + round(wait * 1000)
        return call_result(
            call,
            response,
            chosen,
            found_by="recovered",
            poll_at=poll_at,
            now=now,
            hold_reason=hold_reason,
        )
    except Exception as error:
        if not isinstance(error, RemoteError):
            log.exception("poll failed", extra={"job": call.job_id, "vendor_id": call.vendor_id})
        return after_poll(call, error, poll_schedule=chosen.poll_schedule, now=clock())


def _with_unlisted(response: Generation | Batch, expected_results: int) -> Generation | Batch:
    """A batch that ends without listing all of its videos says nothing to act on of the others."""
    if not isinstance(response, Batch) or len(response.jobs) >= max(expected_results, response.total or 0):
        return response
    return replace(response, unclear=response.unclear + response.unlisted)


def _has_news(response: Generation | Batch) -> bool:
    return any(result.status is not ResultStatus.PROCESSING for result in results_of(response))
