"""Failed deliveries grouped by reason: notes that differ only in names, numbers and ids are one reason."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from relay.delivery.status import failure
from relay.models.views import DeliverySummary

LOOKED_AT = 200  # failed deliveries that are grouped for a connection; pages say "or more" beyond it
# What differs between deliveries that failed for one reason: names, numbers, ids.
_PARTICULARS = re.compile(r'"[^"]*"|\S*\d\S*')


@dataclass(frozen=True, slots=True)
class FailureGroup:
    """`reason` is that of the newest delivery in the group."""

    reason: str
    count: int
    newest: DeliverySummary


def failure_groups(failed: Sequence[DeliverySummary]) -> list[FailureGroup]:
    """The most frequent reason first. `failed` comes newest first."""
    grouped: dict[str, list[DeliverySummary]] = {}
    for each in failed:
        grouped.setdefault(_PARTICULARS.sub("", each.note), []).append(each)
    found = [FailureGroup(failure(of[0]), len(of), of[0]) for of in grouped.values()]
    return sorted(found, key=lambda group: -group.count)
