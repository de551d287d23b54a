"""What an input will cost: CreativeAI's calculation, else a typical price, labelled as such."""

from dataclasses import dataclass
from typing import Literal

from relay.creativeai import CreativeAI
from relay.errors import RemoteError
from relay.generation.kinds.base import Kind
from relay.generation.kinds.fields import JobInput


@dataclass(frozen=True, slots=True)
class Estimate:
    credits: float
    source: Literal["typical", "calculated"]

    @property
    def summary(self) -> str:
        number = f"{self.credits:g} credit{'' if self.credits == 1 else 's'}"
        if self.source == "calculated":
            return f"CreativeAI calculates {number}."
        return f"About {number}, which is typical. CreativeAI does not quote a price for this job."


def estimate(kind: Kind, job_input: JobInput) -> Estimate:
    """From the vendor's published samples, without a call."""
    return Estimate(float(kind.typical(job_input)), "typical")


def ask(kind: Kind, job_input: JobInput, client: CreativeAI, now: int) -> Estimate:
    """At most one call; whatever goes wrong with it, the typical price remains."""
    if not kind.priced_as:
        return estimate(kind, job_input)
    try:
        price = client.account.calculate({"type": kind.priced_as, **job_input.body()}, now=now)
    except RemoteError:
        return estimate(kind, job_input)
    return estimate(kind, job_input) if price.credits is None else Estimate(price.credits, "calculated")
