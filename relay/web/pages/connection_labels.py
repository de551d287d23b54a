"""What pages call the results that a connection gets."""

from collections.abc import Mapping

from relay.generation.kinds import output_kinds
from relay.models.core import ResultStatus


def output_label(name: str) -> str:
    """A type of results, as a label of a choice."""
    known = output_kinds().get(name)
    return known.label if known else name


STATUSES: Mapping[ResultStatus, str] = {
    ResultStatus.COMPLETED: "Completed",
    ResultStatus.FAILED: "Failed",
    ResultStatus.PROCESSING: "Started",
}
