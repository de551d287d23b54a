"""Why deliveries failed: those that say the same are one reason, however the names within it differ."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from relay.models.views import DeliverySummary

LOOKED_AT = 200  # failed deliveries of a connection; what is more is said to be more
# What one delivery has and another has not: names, numbers, ids.
_PARTICULARS = re.compile(r'"[^"]*"|\S*\d\S*')


@dataclass(frozen=True, slots=True)
class FailureGroup:
    """In the words of the newest that has it."""

    said: str
    count: int
    newest: DeliverySummary


def failure_groups(failed: Sequence[DeliverySummary]) -> list[FailureGroup]:
    """Of deliveries, newest first: the most frequent reason first."""
    grouped: dict[str, list[DeliverySummary]] = {}
    for each in failed:
        grouped.setdefault(_PARTICULARS.sub("", each.note), []).append(each)
    found = [FailureGroup(of[0].note or "No reason was given.", len(of), of[0]) for of in grouped.values()]
    return sorted(found, key=lambda reason: -reason.count)
