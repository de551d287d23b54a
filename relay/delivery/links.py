"""The links that a delivery carries: our copies where there are some, when the vendor's die, our own page."""

from collections.abc import Callable
from dataclasses import replace
from urllib.parse import quote

from relay.models.archive import Copy
from relay.models.core import LINKS_LIVE_MS, Output, Result, ResultStatus
from relay.models.delivery import ClaimedDelivery

Link = Callable[[Copy, int], tuple[str, int | None] | None]
"""(copy, now in ms) -> its URL and when that expires (None: never). None: not reachable."""


def no_link(_copy: Copy, _now: int) -> None:
    return None


def linked(claimed: ClaimedDelivery, link: Link, now: int, public_url: str = "") -> Result:
    """The claimed result as a connector should see it at this moment.

    `public_url`: where people reach the relay; "" where they do not, so that the result names no page.
    """
    result = claimed.result
    if public_url:
        result = replace(result, page=f"{public_url}/generations/{quote(result.generation_id, safe='')}")
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
