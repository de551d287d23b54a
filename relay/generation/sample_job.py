"""A sample: a job that ends at once with a file of the relay's own, to try everything behind it."""

from collections.abc import Callable, Mapping, Sequence

from relay.generation.create_job import InputError, context_faults, digest_of
from relay.generation.kinds import kind
from relay.intake import sample_event
from relay.models.core import Event, Result, RoutedResult, new_id
from relay.models.job import NewJob, Source

Route = Callable[[Sequence[Result], int], Sequence[RoutedResult]]


def sample(
    *,
    status: sample_event.Outcome,
    context: Mapping[str, str],
    link: str,
    idempotency_key: str = "",
    now: int,
) -> tuple[NewJob, Event]:
    """The job and its webhook. `link` opens its file. Raises InputError."""
    if faults := context_faults({**context, **sample_event.CONTEXT}):
        raise InputError(faults)
    made = kind("text-to-video")
    vendor_id = new_id("vgen_sample", now)
    job = NewJob(
        kind=made.name,
        input={"prompt": sample_event.PROMPT},
        context={**context, **sample_event.CONTEXT},
        source=Source.SAMPLE,
        output_kind=made.output_kind,
        rate_bucket=made.rate_bucket,
        idempotency_key=idempotency_key,
        digest=digest_of("sample", {"status": status}, context, ()) if idempotency_key else "",
        vendor_id=vendor_id,
    )
    return job, sample_event.event(vendor_id, status, link, now)
