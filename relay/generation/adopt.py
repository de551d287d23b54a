"""A generation that somebody else started, as a job that is only looked at."""

from collections.abc import Mapping

from relay.generation.create_job import InputError, context_faults, known_kind
from relay.generation.kinds import Kind
from relay.models.job import NewJob, Source

LONGEST_ID = 200

# How the vendor's ids begin, in its documentation. They are opaque, so another beginning is no mistake.
_BEGINNINGS = {
    "video_batch_": "video-batch",
    "vgen_i2v_": "image-to-video",
    "vgen_": "text-to-video",
    "vid_": "text-to-video",
    "voice_": "voice",
    "comp_": "compose",
    "chart_": "chart-to-video",
    "img_": "background-removal",  # all kinds that make images and are asked about are asked alike
}


def running_elsewhere(vendor_id: str, context: Mapping[str, str], kind_name: str = "") -> NewJob:
    """Raises InputError, with every fault at once."""
    faults = context_faults(context)
    if not 0 < len(vendor_id) <= LONGEST_ID or not vendor_id.isprintable() or "/" in vendor_id:
        faults["id"] = "Give the id as CreativeAI's answer had it, such as vgen_abc123."
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
    name = name or next((kind for start, kind in _BEGINNINGS.items() if vendor_id.startswith(start)), "")
    if not name:
        raise InputError({"kind": "The id does not tell what it is of. Say which kind: GET /api/kinds."})
    chosen = known_kind(name)
    if chosen.poll is None:
        raise InputError(
            {"kind": f"{chosen.title}: CreativeAI answers these at once, there is nothing to follow."}
        )
    return chosen
