"""Faults that were injected and have not happened yet: for coming submits, and for status requests."""

import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sandbox.creativeai.faults import FAULTS, REJECTIONS, REQUEST_FAULTS, Fault, FaultPlan, plan_of
from sandbox.errors import ApiError, out_of_credits, provider_down, too_many, unauthorized

RETRY_AFTER = 3  # seconds; that of an injected 429


class FaultQueue:
    """Each entry is a set of faults that happen together; entries are used first in, first out."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._submits: deque[tuple[Fault, ...]] = deque()
        self._lookups: deque[tuple[Fault, ...]] = deque()

    def inject(self, *faults: Fault) -> None:
        """All of these happen to the next submit that has no faults yet.

        A rejection among them comes first; the rest then happens to the submit after it.
        """
        with self._lock:
            self._submits.append(faults)

    def inject_lookups(self, fault: Fault, times: int) -> None:
        """This happens to the next status requests."""
        if fault not in REQUEST_FAULTS:
            raise ValueError(f"{fault} happens to jobs, not to status requests.")
        with self._lock:
            self._lookups.extend([(fault,)] * times)

    def pending(self) -> list[tuple[Fault, ...]]:
        with self._lock:
            return list(self._submits)

    def next_submit(self) -> FaultPlan:
        """The plan of the next submit; it stays queued until `consume`. Raises an injected rejection."""
        with self._lock:
            faults = self._submits[0] if self._submits else ()
            rejection = next((each for each in faults if each in REJECTIONS), None)
            if rejection is not None:
                rest = tuple(each for each in faults if each is not rejection)
                self._submits.popleft()
                if rest:
                    self._submits.appendleft(rest)
                raise _rejection(rejection)
            return plan_of(faults)

    def consume(self) -> None:
        with self._lock:
            if self._submits:
                self._submits.popleft()

    def next_lookup(self) -> FaultPlan:
        with self._lock:
            faults = self._lookups.popleft() if self._lookups else ()
        for each in faults:
            if each in REJECTIONS:
                raise _rejection(each)
        return plan_of(faults)


def fitted_to(plan: FaultPlan, request: Mapping[str, Any]) -> FaultPlan:
    """The plan, adapted to this request's `failover` and `webhook_auto_retry`.

    Not documented: whether a job that is repeated reports its failure first. Here it does, as for
    every terminal state.
    """
    if plan.down and request.get("failover", True) is False:
        if plan.down == "submit":
            raise provider_down()
        plan = replace(plan, down="", statuses=("failed",))
    if request.get("webhook_auto_retry") is True and plan.statuses == ("failed",):
        plan = replace(plan, statuses=("failed", plan.rerun))
    return plan


def _rejection(fault: Fault) -> ApiError:
    match FAULTS[fault].changes["rejected_with"]:
        case 401:
            return unauthorized()
        case 402:
            return out_of_credits(1, 0)
        case 429:
            return too_many("injected in the sandbox", RETRY_AFTER)
    return provider_down()
