"""Errors as application/problem+json (RFC 9457)."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from itertools import islice

from flask import Response
from pydantic import BaseModel, Field

from relay.errors import RelayError

CONTENT_TYPE = "application/problem+json"
MOST_FAULTS = 20
_LONGEST_NAME, _LONGEST_FAULT = 100, 500  # characters


class FieldProblem(BaseModel):
    field: str = Field(
        description="Name of the field, with dots for nested ones; empty: the request as a whole."
    )
    message: str = Field(description="What is wrong and what to do, as a sentence.")


class Problem(BaseModel):
    """Why a request failed."""

    type: str = Field(description="Always about:blank: status and title say which problem it is.")
    title: str = Field(description="The status in words.")
    status: int = Field(description="The HTTP status.")
    detail: str = Field(description="What happened and what to do, as sentences.")
    errors: list[FieldProblem] | None = Field(None, description="The invalid fields; with status 422.")


class ProblemError(RelayError):
    """Ends a request with a problem. `faults`: field -> a sentence."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        faults: Mapping[str, str] | None = None,
        headers: Sequence[tuple[str, str]] = (),
    ) -> None:
        super().__init__(detail)
        self.status, self.detail, self.headers = status, detail, headers
        self.faults = faults

    def response(self) -> Response:
        problem = Problem(
            type="about:blank",
            title=HTTPStatus(self.status).phrase,
            status=self.status,
            detail=self.detail,
            errors=None
            if self.faults is None
            else [FieldProblem(field=name, message=said) for name, said in self.faults.items()],
        )
        body = problem.model_dump_json(exclude_none=True)
        return Response(body, self.status, list(self.headers), content_type=CONTENT_TYPE)


def wrong_fields(faults: Mapping[str, str]) -> ProblemError:
    """422, with every fault at once, as far as somebody would read them."""
    shown = {
        _shorten(name, _LONGEST_NAME): _shorten(said, _LONGEST_FAULT)
        for name, said in islice(faults.items(), MOST_FAULTS)
    }
    if len(faults) > MOST_FAULTS:
        shown[""] = f"{len(faults) - MOST_FAULTS} more fields are invalid. Fix these first."
    words = " ".join(f"{name}: {said}" if name else said for name, said in shown.items())
    return ProblemError(422, words, faults=shown)


def _shorten(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def missing(what: str) -> ProblemError:
    """404. `what` as in "job"."""
    return ProblemError(404, f"There is no such {what}. Check the ID; it may belong to another relay.")
