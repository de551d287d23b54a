"""What a response of the vendor's means for a job: ids, results, rate limits, and when to poll."""

from dataclasses import replace
from typing import Literal

from relay.creativeai import Batch, Generation, Limits
from relay.generation.kinds import Kind
from relay.models.core import Result, ResultStatus
from relay.models.queue import Call, CallResult, RateLimitInfo


def call_result(
    call: Call,
    response: Generation | Batch,
    kind: Kind,
    *,
    found_by: Literal["response", "recovered"],
    poll_at: int | None,
    now: int,
    hold_reason: str = "",
) -> CallResult:
    """`poll_at` is kept while any part of it is unsettled. A result's kind is the job's output kind."""
    batch = isinstance(response, Batch)
    results = results_of(response)
    settled = not batch and any(result.status is not ResultStatus.PROCESSING for result in results)
    polls = kind.poll is not None and bool(response.id) and not settled
    return CallResult(
        call,
        now,
        vendor_id=response.id,
        generation_ids=_ids(response),
        poll_at=poll_at if polls else None,
        found_by=found_by,
        credits=response.credits_charged if isinstance(response, Batch) else response.credits,
        rate_limit=rate_limit_info(response.limits, now),
        expected_results=(response.total or 0) if isinstance(response, Batch) else 0,
        results=tuple(_whole(result, response, kind) for result in results),
        unclear=bool(response.unclear),
        hold_reason=hold_reason,
    )


def _whole(result: Result, response: Generation | Batch, kind: Kind) -> Result:
    """With what the response says beside it: its headers name the model, and a failover lowers the price."""
    if isinstance(response, Batch):
        return replace(result, kind=kind.output_kind)
    model_actual = result.model_actual or response.model_actual
    return replace(result, kind=kind.output_kind, model_actual=model_actual, credits=response.credits)


def results_of(response: Generation | Batch) -> tuple[Result, ...]:
    if isinstance(response, Batch):
        return response.results
    return () if response.result is None else (response.result,)


def rate_limit_info(limits: Limits, now: int) -> RateLimitInfo:
    return RateLimitInfo(limits.limit, limits.remaining, limits.resets_at(now))


def _ids(response: Generation | Batch) -> tuple[str, ...]:
    if isinstance(response, Batch):
        return tuple(dict.fromkeys(job.id for job in response.jobs if job.id))
    return (response.result.generation_id if response.result else response.id,)
