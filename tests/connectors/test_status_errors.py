"""What an HTTP status means where a service has no closer explanation."""

import pytest
from requests.structures import CaseInsensitiveDict

from connectors.status_errors import status_error
from relay.errors import Whose
from relay.http.client import HttpResponse
from tests.connectors.contract import NOW


def answered(status: int) -> HttpResponse:
    return HttpResponse(status, CaseInsensitiveDict({"Retry-After": "17"}), b"", "api.example.com")


@pytest.mark.parametrize(
    ("status", "whose", "retry_after", "ambiguous"),
    [
        *((status, "connection", None, False) for status in (301, 308, 401, 402, 403, 404)),
        *((status, "connection", None, False) for status in (405, 406, 410, 415)),
        *((status, "transient", 17, False) for status in (408, 425, 429)),
        *((status, "transient", 17, True) for status in (500, 503)),
        *((status, "record", None, False) for status in (400, 409, 411, 413, 414, 418, 422, 431, 451)),
    ],
)
def test_a_status_says_whose_fault_it_is(
    status: int, whose: Whose, retry_after: float | None, ambiguous: bool
) -> None:
    error = status_error(answered(status), "its words", NOW, {})
    assert (error.whose, error.retry_after, error.ambiguous) == (whose, retry_after, ambiguous)
    assert (error.status, error.answer) == (status, "its words")
    assert error.message.startswith(f"api.example.com answered {status}: ")
    assert error.message.endswith(".")


@pytest.mark.parametrize("status", [402, 403])
def test_the_service_s_own_sentence_is_taken_and_pauses_the_connection(status: int) -> None:
    error = status_error(answered(status), "", NOW, {status: "the plan has ended. Renew it."})
    assert error.whose == "connection"
    assert error.message == f"api.example.com answered {status}: the plan has ended. Renew it."
