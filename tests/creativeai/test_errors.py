"""What went wrong: whose fault it is, whether it cost anything, what to do, and what is in doubt."""

from typing import Any

import pytest
import requests
from responses import RequestsMock

from relay.creativeai import CreativeAI, endpoints
from relay.creativeai.endpoints import Endpoint
from relay.errors import RemoteError, Whose
from tests.creativeai.calls import API, CALLS, KEY, LOOKS, SUBMITS, given, name_of
from tests.reference.creativeai import sample

WORDS = "These are the vendor's words"


def error(code: str, **more: Any) -> dict[str, Any]:
    return {"error": {"code": code, "message": WORDS, "type": "invalid_request_error", **more}}


def caught(endpoint: Endpoint, client: CreativeAI, status: int = 200, **rest: Any) -> RemoteError:
    with RequestsMock() as net:
        net.add(endpoint.method, API + endpoint.path_for("gen_1"), status=status, **rest)
        with pytest.raises(RemoteError) as raised:
            CALLS[endpoint](client, given(endpoint))
    found = raised.value
    assert found.message.endswith(".")
    assert found.message.startswith("CreativeAI")
    assert str(found) == found.message
    return found


@pytest.mark.parametrize("endpoint", SUBMITS, ids=name_of)
@pytest.mark.parametrize(
    ("status", "code", "whose", "advice"),
    [
        (400, "invalid_request_error", "record", "Change the request"),
        (400, "content_policy_violation", "record", "Change the wording"),
        (401, "authentication_error", "connection", "Copy the key again from CreativeAI"),
        (402, "insufficient_credits", "connection", "Top up under Billing"),
        (429, "rate_limit_exceeded", "transient", "The relay retries automatically"),
        (503, "provider_unavailable", "transient", "The relay retries automatically"),
    ],
)
def test_each_documented_refusal_costs_nothing_and_says_what_to_do(
    client: CreativeAI, endpoint: Endpoint, status: int, *, code: str, whose: Whose, advice: str
) -> None:
    found = caught(endpoint, client, status, json=error(code))
    assert (found.status, found.whose, found.charged, found.ambiguous) == (status, whose, False, False)
    assert f"{WORDS}." in found.message
    assert "You were not charged." in found.message
    assert advice in found.message


def test_the_documented_error_names_its_field(client: CreativeAI) -> None:
    found = caught(endpoints.IMAGES, client, 400, json=sample("Error Response Format"))
    assert (found.param, found.whose, found.charged) == ("prompt", "record", False)
    assert "violates our usage policy." in found.message
    assert "did not accept this text" in found.message


@pytest.mark.parametrize(
    ("status", "whose"),
    [
        (301, "connection"),
        (403, "connection"),
        (404, "record"),
        (408, "transient"),
        (413, "record"),
        (418, "record"),
        (422, "record"),
        (425, "transient"),
        (429, "transient"),
    ],
)
def test_a_refusal_without_a_known_code_is_judged_by_its_status(
    client: CreativeAI, status: int, whose: Whose
) -> None:
    for body in ({"error": {"code": "novel", "message": WORDS}}, {"error_message": WORDS}, {"detail": WORDS}):
        found = caught(endpoints.VIDEOS, client, status, json=body)
        assert (found.whose, found.charged, found.ambiguous) == (whose, False, False)
        assert WORDS in found.message
    assert caught(endpoints.VIDEOS, client, status, body=b"<html>").whose == whose


def test_an_unknown_generation_is_its_own_fault_even_when_the_type_is_vague(client: CreativeAI) -> None:
    found = caught(endpoints.VIDEO_STATUS, client, 404, json=error("not_found"))
    assert "does not know the requested item" in found.message
    assert found.whose == "record"


@pytest.mark.parametrize("endpoint", SUBMITS, ids=name_of)
@pytest.mark.parametrize("status", [500, 502, 503, 504, 520])
def test_a_submit_that_broke_the_server_may_have_started(
    client: CreativeAI, endpoint: Endpoint, status: int
) -> None:
    found = caught(endpoint, client, status, body=b"<html>Bad gateway</html>")
    assert (found.whose, found.ambiguous, found.charged) == ("transient", True, None)


@pytest.mark.parametrize("endpoint", LOOKS, ids=name_of)
@pytest.mark.parametrize("status", [500, 503])
def test_a_look_that_broke_the_server_is_simply_repeated(
    client: CreativeAI, endpoint: Endpoint, status: int
) -> None:
    found = caught(endpoint, client, status, body=b"oops")
    assert (found.whose, found.ambiguous) == ("transient", False)
    assert "charged" not in found.message


@pytest.mark.parametrize("endpoint", CALLS, ids=name_of)
@pytest.mark.parametrize("failure", [requests.ReadTimeout(), requests.ConnectionError("reset")])
def test_only_a_submits_lost_answer_is_ambiguous(
    client: CreativeAI, endpoint: Endpoint, failure: Exception
) -> None:
    found = caught(endpoint, client, body=failure)
    assert (found.whose, found.ambiguous, found.charged) == ("transient", endpoint.effect, None)
    assert ("may have started" in found.message) is endpoint.effect


@pytest.mark.parametrize("endpoint", SUBMITS, ids=name_of)
def test_what_was_never_sent_is_not_ambiguous_and_costs_nothing(
    client: CreativeAI, endpoint: Endpoint
) -> None:
    with RequestsMock() as net:
        net.add("POST", API + endpoint.path, body=requests.ConnectTimeout())
        with pytest.raises(RemoteError) as raised:
            CALLS[endpoint](client, given(endpoint))
    assert (raised.value.ambiguous, raised.value.charged) == (False, False)


@pytest.mark.parametrize("endpoint", CALLS, ids=name_of)
def test_a_page_in_place_of_json_is_said_plainly(client: CreativeAI, endpoint: Endpoint) -> None:
    found = caught(endpoint, client, 200, body=b"<html>Welcome to the hotel</html>")
    assert found.ambiguous is endpoint.effect
    assert "not JSON" in found.message
    assert "hotel" in found.answer


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"Retry-After": "17"}, 17),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "12"}, 12),
        ({"Retry-After": "17", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "12"}, 17),
        ({"X-RateLimit-Remaining": "4", "X-RateLimit-Reset": "12"}, None),
        ({}, None),
    ],
)
def test_a_429_says_how_long_to_wait(client: CreativeAI, headers: dict[str, str], wait: float | None) -> None:
    found = caught(endpoints.VIDEOS, client, 429, json=error("rate_limit_exceeded"), headers=headers)
    assert found.retry_after == wait


def test_the_key_is_masked_where_the_vendor_repeats_it(client: CreativeAI) -> None:
    body = {"error": {"code": "authentication_error", "message": f"Unknown key {KEY}", "param": KEY}}
    found = caught(endpoints.MODELS, client, 401, json=body)
    for text in (found.message, found.answer, found.param):
        assert KEY not in text
    assert "********" in found.message
