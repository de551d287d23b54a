"""What a request for a job is refused for, as the API's problems."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from relay.generation.actions import ActionOutcome
from relay.generation.create_job import InputError
from relay.generation.request_job import IdempotencyKeyError, LimitError
from relay.web.api.operation import KEY_HEADER
from relay.web.api.problem import wrong_fields
from relay.web.context import StateError


@contextmanager
def as_problems(named: Callable[[Mapping[str, str]], Mapping[str, str]] = dict) -> Iterator[None]:
    """`named` gives the faults by where they are in the request. Raises ProblemError in their place."""
    try:
        yield
    except LimitError as error:
        raise wrong_fields({"input": str(error)}) from None
    except InputError as error:
        raise wrong_fields(named(error.faults)) from None
    except IdempotencyKeyError as error:
        raise wrong_fields({KEY_HEADER: str(error)}) from None


def require_done(outcome: ActionOutcome) -> None:
    """Raises StateError with the reason."""
    if not outcome.done:
        raise StateError(outcome.summary)
