"""The vendor's answers as plain values. `payload` keeps the JSON as received, with unknown fields.

None or "" always means: not in the answer.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from relay.creativeai.rate_limits import Limits
from relay.models.core import Output, Result, ResultStatus, UnclearStatus


@dataclass(frozen=True, slots=True)
class Generation:
    """A generation at the vendor: the answer to a submit or a poll.

    word     its status as the vendor spells it
    result   its result so far; None when it says nothing that the relay could act on, which is in `unclear`
    """

    id: str
    word: str
    result: Result | None
    unclear: tuple[UnclearStatus, ...] = ()
    model_actual: str = ""
    failover_used: bool | None = None
    adjusted_credits: float | None = None
    created_at: str = ""
    limits: Limits = field(default_factory=Limits)
    payload: Mapping[str, Any] = field(default_factory=dict)

    @property
    def status(self) -> ResultStatus | None:
        return self.result.status if self.result else None

    @property
    def kind(self) -> str:
        return self.result.kind if self.result else "unknown"

    @property
    def outputs(self) -> tuple[Output, ...]:
        return self.result.outputs if self.result else ()

    @property
    def credits(self) -> float | None:
        """What it costs: the price after a failover to a cheaper model, else the one that was named first."""
        if self.adjusted_credits is not None:
            return self.adjusted_credits
        return self.result.credits if self.result else None


@dataclass(frozen=True, slots=True)
class BatchJob:
    """A child of a batch. The vendor lists them in the order of the prompts."""

    id: str
    prompt: str
    image_url: str
    word: str
    credits: float | None


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch and its children: those in `results`, and in `unclear` those that say nothing to act on.

    unlisted  what its own status says, unclear for those of its children that are not among `jobs`
    """

    id: str
    jobs: tuple[BatchJob, ...]
    results: tuple[Result, ...]
    unclear: tuple[UnclearStatus, ...] = ()
    unlisted: tuple[UnclearStatus, ...] = ()
    total: int | None = None
    completed: int | None = None
    failed: int | None = None
    processing: int | None = None
    pending: int | None = None
    credits_charged: float | None = None
    limits: Limits = field(default_factory=Limits)
    payload: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Text:
    """What a language model wrote. `model_actual` and `failover_used` are from headers."""

    text: str
    finish_reason: str = ""
    model: str = ""
    model_actual: str = ""
    failover_used: bool | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    credits: float | None = None
    adjusted_credits: float | None = None
    limits: Limits = field(default_factory=Limits)
    payload: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Model:
    id: str
    owner: str = ""
    payload: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Models:
    models: tuple[Model, ...]
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True)
class Price:
    """`credits` None: the answer has no number of credits that the relay recognizes."""

    credits: float | None
    limits: Limits = field(default_factory=Limits)
    payload: Any = None
