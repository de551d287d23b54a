"""What an answer of the vendor brought for a job, in the store's words: ids, results, limits."""

from dataclasses import dataclass, replace
from typing import Literal

from relay.creativeai import Batch, Generation, Limits
from relay.generation.kinds import Kind
from relay.models.core import Result, ResultStatus
from relay.models.queue import Call, CallResult, RateLimitInfo


@dataclass(frozen=True, slots=True)
class Brought:
    """`results` are still to be routed."""

    found: CallResult
    results: tuple[Result, ...]


def brought(
    call: Call,
    answer: Generation | Batch,
    kind: Kind,
    *,
    found: Literal["answer", "recovered"],
    look_at: int | None,
    now: int,
) -> Brought:
    """`look_at` counts while something of it is not settled. A result's kind is what the job makes."""
    batch = isinstance(answer, Batch)
    results = results_of(answer)
    settled = not batch and any(result.status is not ResultStatus.PROCESSING for result in results)
    asks = kind.poll is not None and bool(answer.id) and not settled
    return Brought(
        CallResult(
            call,
            now,
            vendor_id=answer.id,
            generation_ids=_ids(answer),
            poll_at=look_at if asks else None,
            found_by=found,
            credits=answer.credits_charged if isinstance(answer, Batch) else answer.credits,
            rate_limit=rate_limit_info(answer.limits, now),
            expected_results=(answer.total or 0) if isinstance(answer, Batch) else 0,
        ),
        tuple(replace(result, kind=kind.output_kind) for result in results),
    )


def results_of(answer: Generation | Batch) -> tuple[Result, ...]:
    if isinstance(answer, Batch):
        return answer.results
    return () if answer.result is None else (answer.result,)


def rate_limit_info(limits: Limits, now: int) -> RateLimitInfo:
    return RateLimitInfo(limits.limit, limits.remaining, limits.resets_at(now))


def _ids(answer: Generation | Batch) -> tuple[str, ...]:
    if isinstance(answer, Batch):
        return tuple(dict.fromkeys(job.id for job in answer.jobs if job.id))
    return (answer.result.generation_id if answer.result else answer.id,)
