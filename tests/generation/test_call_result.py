"""What a response says beside its result reaches it: the model in a header, the price after a failover."""

import pytest

from relay.creativeai import Generation
from relay.generation.call_result import call_result
from relay.generation.kinds import kind
from relay.models.core import Result, ResultStatus
from relay.models.queue import Submission

CALL = Submission("job_1", 1, "image", {}, "ref.1", 0)


@pytest.mark.parametrize(
    ("own", "beside", "whole"),
    [
        ({}, {"model_actual": "flux-2"}, ("flux-2", None)),
        ({"model_actual": "flux-1"}, {"model_actual": "flux-2"}, ("flux-1", None)),
        ({"credits": 3.0}, {"adjusted_credits": 2.0}, ("", 2.0)),
        ({"credits": 3.0}, {}, ("", 3.0)),
    ],
    ids=["header", "body before header", "after a failover", "as named"],
)
def test_a_result_says_what_its_response_says(
    own: dict[str, object], beside: dict[str, object], whole: tuple[str, float | None]
) -> None:
    result = Result("job_1", ResultStatus.COMPLETED, "unknown", **own)  # type: ignore[arg-type]
    response = Generation("job_1", "", result, **beside)  # type: ignore[arg-type]
    found = call_result(CALL, response, kind("image"), found_by="response", poll_at=None, now=1)
    (given,) = found.results
    assert (given.model_actual, given.credits) == whole
    assert given.kind == "image"
