"""What an answer of the vendor brought for a job, in the store's words: ids, results, limits."""

from dataclasses import dataclass, replace
from typing import Literal

from relay.creativeai import Batch, Generation, Limits
from relay.generation.kinds import Kind
from relay.models.core import Result, ResultStatus
from relay.models.queue import Call, Found, Told


@dataclass(frozen=True, slots=True)
class Brought:
    """`results` are still to be routed."""

    found: Found
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
    asks = kind.look is not None and bool(answer.id) and not settled
    return Brought(
        Found(
            call,
            now,
            vendor_id=answer.id,
            generation_ids=_ids(answer),
            look_at=look_at if asks else None,
            found=found,
            credits=answer.credits_charged if isinstance(answer, Batch) else answer.credits,
            told=told(answer.limits, now),
            children=(answer.total or 0) if isinstance(answer, Batch) else 0,
        ),
        tuple(replace(result, kind=kind.makes) for result in results),
    )


def results_of(answer: Generation | Batch) -> tuple[Result, ...]:
    if isinstance(answer, Batch):
        return answer.results
    return () if answer.result is None else (answer.result,)


def told(limits: Limits, now: int) -> Told:
    return Told(limits.limit, limits.remaining, limits.resets_at(now))


def _ids(answer: Generation | Batch) -> tuple[str, ...]:
    if isinstance(answer, Batch):
        return tuple(dict.fromkeys(job.id for job in answer.jobs if job.id))
    return (answer.result.generation_id if answer.result else answer.id,)
