"""A sample: a job that is done at once with a file of our own, so that everything behind it can be tried."""

from collections.abc import Callable, Mapping, Sequence

from relay.generation.kinds import kind
from relay.generation.new_job import WishError, context_faults, digest_of
from relay.intake import sample
from relay.jobs import Created, NewJob, Source
from relay.model import Result, Wanted, new_id
from relay.store.generation_contract import JobStore

Route = Callable[[Sequence[Result], int], Sequence[Wanted]]


def create(
    store: JobStore,
    route: Route,
    *,
    status: sample.Outcome,
    context: Mapping[str, str],
    link: str,
    idempotency_key: str = "",
    now: int,
) -> tuple[Created, str]:
    """And the digest of what was asked. `link` opens its file. Raises WishError."""
    if faults := context_faults({**context, **sample.CONTEXT}):
        raise WishError(faults)
    made = kind("text-to-video")
    vendor_id = new_id("vgen_sample", now)
    digest = digest_of("sample", {"status": status}, context, ()) if idempotency_key else ""
    job = NewJob(
        kind=made.name,
        wish={"prompt": sample.PROMPT},
        context={**context, **sample.CONTEXT},
        source=Source.SAMPLE,
        makes=made.makes,
        lane=made.lane,
        idempotency_key=idempotency_key,
        digest=digest,
        vendor_id=vendor_id,
    )
    event = sample.event(vendor_id, status, link, now)
    return store.create_sample(job, event, route(event.results, now)), digest
