"""What a job asked for, which completes a result whose report does not repeat it.

Webhooks, polls and responses each leave out something else. What the job knows is the same for all of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from relay.models.core import Result, ResultStatus

_WORDS = ("prompt", "text", "title")  # fields of inputs


@dataclass(frozen=True, slots=True)
class JobFacts:
    """What is known of one generation by its job; empty where it was started elsewhere.

    credits   what the vendor reported for the job as charged, never an estimate; None: not reported
    is_ours   this relay sent it, so that it was completed about when the relay learned of it
    """

    prompt: str = ""
    model: str = ""
    credits: float | None = None
    is_ours: bool = False

    def complete(self, result: Result, now: int) -> Result:
        """The result with its gaps filled; what the report says itself takes precedence."""
        completed = result.status is ResultStatus.COMPLETED
        charged = self.credits if result.credits is None and completed else result.credits
        at = _iso(now) if self.is_ours and completed else ""
        return replace(
            result,
            prompt=result.prompt or self.prompt,
            model=result.model or self.model,
            credits=charged,
            completed_at=result.completed_at or at,
        )


def prompt_of(job_input: Mapping[str, Any], number: int = 0) -> str:
    """An input in words: its prompt, the text that a voice reads out, or the title above a chart.

    Of a batch, that of the video with this number, counted from 1.
    """
    prompts = job_input.get("prompts")
    if isinstance(prompts, list) and 0 < number <= len(prompts):
        one = prompts[number - 1]
        return text_of(one.get("prompt")) if isinstance(one, dict) else text_of(one)
    return next(filter(None, (text_of(job_input.get(name)) for name in _WORDS)), "")


def text_of(value: object) -> str:
    """Text, and nothing else: a number is no prompt."""
    return value if isinstance(value, str) else ""


def _iso(at: int) -> str:
    return datetime.fromtimestamp(at // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
