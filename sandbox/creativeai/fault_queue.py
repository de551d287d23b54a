"""Misfortunes that were ordered and have not happened yet: for coming submits, and for coming look-ups."""

import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sandbox.creativeai.faults import MISFORTUNES, OF_REQUESTS, REFUSALS, Course, Fault, course
from sandbox.errors import ApiError, out_of_credits, provider_down, too_many, unauthorized

RETRY_AFTER = 3  # seconds; that of an ordered 429


class FaultQueue:
    """Each order is a set of misfortunes that happen together; orders wait in the order they came."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._submits: deque[tuple[Fault, ...]] = deque()
        self._lookups: deque[tuple[Fault, ...]] = deque()

    def order(self, *misfortunes: Fault) -> None:
        """All of these happen to the next submit that nothing was ordered for yet.

        A refusal among them comes first; the rest then happens to the submit after it.
        """
        with self._lock:
            self._submits.append(misfortunes)

    def order_lookups(self, misfortune: Fault, times: int) -> None:
        """The next look-ups of a status meet this."""
        if misfortune not in OF_REQUESTS:
            raise ValueError(f"{misfortune} happens to jobs, not to look-ups.")
        with self._lock:
            self._lookups.extend([(misfortune,)] * times)

    def waiting(self) -> list[tuple[Fault, ...]]:
        with self._lock:
            return list(self._submits)

    def next_submit(self) -> Course:
        """What the next submit meets; it stays ordered until `taken`. Raises an ordered refusal."""
        with self._lock:
            ordered = self._submits[0] if self._submits else ()
            refusal = next((each for each in ordered if each in REFUSALS), None)
            if refusal is not None:
                rest = tuple(each for each in ordered if each is not refusal)
                self._submits.popleft()
                if rest:
                    self._submits.appendleft(rest)
                raise _refusal(refusal)
            return course(ordered)

    def taken(self) -> None:
        with self._lock:
            if self._submits:
                self._submits.popleft()

    def next_lookup(self) -> Course:
        with self._lock:
            ordered = self._lookups.popleft() if self._lookups else ()
        for each in ordered:
            if each in REFUSALS:
                raise _refusal(each)
        return course(ordered)


def fitted(way: Course, request: Mapping[str, Any]) -> Course:
    """The course as this request's `failover` and `webhook_auto_retry` make it.

    Not documented: whether a job that is to be run again says that it failed first. Here it does, as for
    every terminal state.
    """
    if way.down and request.get("failover", True) is False:
        if way.down == "submit":
            raise provider_down()
        way = replace(way, down="", reaches=("failed",))
    if request.get("webhook_auto_retry") is True and way.reaches == ("failed",):
        way = replace(way, reaches=("failed", way.rerun))
    return way


def _refusal(misfortune: Fault) -> ApiError:
    match MISFORTUNES[misfortune].changes["refused"]:
        case 401:
            return unauthorized()
        case 402:
            return out_of_credits(1, 0)
        case 429:
            return too_many("ordered by the sandbox's owner", RETRY_AFTER)
    return provider_down()
