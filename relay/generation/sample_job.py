"""A sample: a job that is done at once with a file of our own, so that everything behind it can be tried."""

from collections.abc import Callable, Mapping, Sequence

from relay.generation.create_job import InputError, context_faults, digest_of
from relay.generation.kinds import kind
from relay.intake import sample_event
from relay.models.core import Result, RoutedResult, new_id
from relay.models.job import Created, NewJob, Source
from relay.store.contract.generation import JobStore

Route = Callable[[Sequence[Result], int], Sequence[RoutedResult]]


def create(
    store: JobStore,
    route: Route,
    *,
    status: sample_event.Outcome,
    context: Mapping[str, str],
    link: str,
    idempotency_key: str = "",
    now: int,
) -> tuple[Created, str]:
    """And the digest of what was asked. `link` opens its file. Raises WishError."""
    if faults := context_faults({**context, **sample_event.CONTEXT}):
        raise InputError(faults)
    made = kind("text-to-video")
    vendor_id = new_id("vgen_sample", now)
    digest = digest_of("sample", {"status": status}, context, ()) if idempotency_key else ""
    job = NewJob(
        kind=made.name,
        input={"prompt": sample_event.PROMPT},
        context={**context, **sample_event.CONTEXT},
        source=Source.SAMPLE,
        output_kind=made.output_kind,
        rate_bucket=made.rate_bucket,
        idempotency_key=idempotency_key,
        digest=digest,
        vendor_id=vendor_id,
    )
    event = sample_event.event(vendor_id, status, link, now)
    return store.create_sample(job, event, route(event.results, now)), digest
