"""The links that a delivery hands on: our copies where there are some, and when the vendor's die."""

from collections.abc import Callable
from dataclasses import replace

from relay.models.archive import Copy
from relay.models.core import LINKS_LIVE_MS, Output, Result, ResultStatus
from relay.models.delivery import ClaimedDelivery

Link = Callable[[Copy, int], tuple[str, int | None] | None]
"""A copy's address at this moment (ms), and when that dies (None: never). None: nobody could open one."""


def no_link(_copy: Copy, _now: int) -> None:
    return None


def linked(claimed: ClaimedDelivery, link: Link, now: int) -> Result:
    """What is owed, as a connector should see it at this moment."""
    result = claimed.result
    if result.status is not ResultStatus.COMPLETED or not result.outputs:
        return result
    links = {copy.number: found for copy in claimed.copies if (found := link(copy, now))}
    outputs = (_with(output, links.get(number)) for number, output in enumerate(result.outputs, 1))
    end = None if claimed.received_at is None else claimed.received_at + LINKS_LIVE_MS
    return replace(result, outputs=tuple(outputs), links_end_at=end)


def _with(output: Output, found: tuple[str, int | None] | None) -> Output:
    if found is None:
        return output
    url, until = found
    return replace(output, archived_url=url, archived_until=until)
