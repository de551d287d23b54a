"""Every endpoint that the vendor's reference names is there, behind the same door."""

import pytest

from tests.reference.creativeai import endpoints
from tests.sandbox.client import Client
from tests.sandbox.creativeai.requests import REQUESTS


def test_every_endpoint_of_the_reference_has_a_route(client: Client) -> None:
    """A route asks for the key before all; an address without one answers 404, a wrong method 405."""
    named = endpoints()
    assert len(named) == 21
    for method, path in sorted(named):
        answer = client.call(method, path, headers={})
        assert answer.status_code == 401, (method, path, answer.status_code)
        assert answer.json()["error"]["code"] == "authentication_error"


def test_every_post_of_the_reference_is_tried_by_these_tests() -> None:
    posts = {path for method, path in endpoints() if method == "POST"}
    assert posts == set(REQUESTS) | {"/v1/images/edits"}


@pytest.mark.parametrize("path", REQUESTS)
def test_every_endpoint_tells_the_keys_limit(client: Client, path: str) -> None:
    answer = client.post(path, **REQUESTS[path])
    assert answer.status_code in (200, 202), answer.text
    assert answer.headers["X-RateLimit-Remaining"] == "99"


@pytest.mark.parametrize("path", REQUESTS)
def test_no_endpoint_takes_what_is_not_a_json_object(client: Client, path: str) -> None:
    answer = client.call("POST", path, data=b"[]")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_request_error")
