"""A generation that was started elsewhere, as a job that is only polled."""

from collections.abc import Mapping

from relay.generation.create_job import InputError, context_faults, known_kind
from relay.generation.kinds import Kind, kinds
from relay.models.job import NewJob, Source

LONGEST_ID = 200


def running_elsewhere(vendor_id: str, context: Mapping[str, str], kind_name: str = "") -> NewJob:
    """Raises InputError, with every fault at once."""
    faults = context_faults(context)
    if not 0 < len(vendor_id) <= LONGEST_ID or not vendor_id.isprintable() or "/" in vendor_id:
        faults["id"] = "Enter the id as CreativeAI returned it, such as vgen_abc123."
    chosen = None
    try:
        chosen = _kind(vendor_id, kind_name)
    except InputError as error:
        faults |= error.faults
    if faults or chosen is None:
        raise InputError(faults)
    return NewJob(
        kind=chosen.name,
        input={},
        context=dict(context),
        source=Source.ELSEWHERE,
        output_kind=chosen.output_kind,
        rate_bucket=chosen.rate_bucket,
        vendor_id=vendor_id,
    )


def _kind(vendor_id: str, name: str) -> Kind:
    name = name or _kind_by_id(vendor_id)
    if not name:
        raise InputError({"kind": "The id does not say what it is of. Name its kind, one of GET /api/kinds."})
    chosen = known_kind(name)
    if chosen.poll is None:
        raise InputError(
            {"kind": f"{chosen.title}: CreativeAI returns these at once, there is nothing to follow."}
        )
    return chosen


def _kind_by_id(vendor_id: str) -> str:
    """The kind with the longest ID prefix that matches; "" without one."""
    matching = [
        (len(prefix), each.name)
        for each in kinds()
        for prefix in each.id_prefixes
        if vendor_id.startswith(prefix)
    ]
    return max(matching, default=(0, ""))[1]
