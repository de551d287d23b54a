"""Whatever JSON comes back: a value or an explained failure, never a bug."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from responses import RequestsMock

from relay.creativeai import Batch, CreativeAI, Generation, Models, Price, Text
from relay.creativeai.endpoints import Endpoint
from relay.errors import RemoteError
from tests.creativeai import calls
from tests.creativeai.calls import API, CALLS, client_of

NAMES = st.sampled_from(
    [
        "id",
        "generation_id",
        "batch_id",
        "task_id",
        "status",
        "object",
        "type",
        "data",
        "output_url",
        "url",
        "error",
        "error_message",
        "message",
        "code",
        "param",
        "credits",
        "adjusted_credits",
        "credits_charged",
        "jobs",
        "prompt",
        "total_jobs",
        "completed",
        "choices",
        "text",
        "content",
        "usage",
        "model",
        "model_actual",
        "failover_used",
        "models",
        "name",
        "owned_by",
        "detail",
        "created_at",
        "completed_at",
    ]
)
WORDS = st.sampled_from(
    [
        "completed",
        "PENDING",
        "failed",
        "vgen_1",
        "https://cdn.creativeai.run/a.png",
        "video.batch",
        "\ud800",
        "\x00",
    ]
)
PLAIN = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | WORDS
JSON = st.recursive(
    PLAIN,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(NAMES | st.text(max_size=3), inner, max_size=6)
    ),
    max_leaves=20,
)
BODIES = JSON | st.dictionaries(NAMES, JSON, max_size=8)
HEADERS = st.dictionaries(
    st.sampled_from(["X-RateLimit-Remaining", "X-RateLimit-Reset", "Retry-After", "x-failover-used"]),
    st.sampled_from(["", "0", "-1", "nan", "inf", "1e999", "soon", "true", "Wed, 21 Oct 2026 07:28:00 GMT"]),
)
READ = (Generation, Batch, Text, Models, Price)
CLIENT: CreativeAI = client_of()


def tried(endpoint: Endpoint, status: int, body: bytes, headers: dict[str, str]) -> Any:
    with RequestsMock() as net:
        path = API + endpoint.path_for("gen_1")
        net.add(endpoint.method, path, body=body, status=status, headers=headers)
        try:
            return CALLS[endpoint](CLIENT, calls.given(endpoint))
        except RemoteError as error:
            return error


@pytest.mark.slow
@settings(max_examples=400, deadline=None)
@given(
    endpoint=st.sampled_from(list(CALLS)),
    status=st.sampled_from([200, 200, 200, 202, 400, 404, 429, 500]),
    body=BODIES,
    headers=HEADERS,
)
def test_any_json_is_read_or_refused_with_a_sentence(
    endpoint: Endpoint, status: int, body: Any, headers: dict[str, str]
) -> None:
    found = tried(endpoint, status, json.dumps(body).encode(), headers)
    if isinstance(found, RemoteError):
        assert found.message.endswith(".")
        found.message.encode()
    else:
        assert isinstance(found, READ)
        assert status < 300
        if isinstance(found, Generation):
            f"{found.id}{found.word}{found.result}{found.model_actual}{found.created_at}".encode()


@settings(max_examples=150, deadline=None)
@given(
    endpoint=st.sampled_from(list(CALLS)),
    body=st.binary(max_size=40)
    | st.sampled_from([b"[" * 100_000, b'{"id":' * 50_000, b"9" * 5000, b'{"credits":1e400}', b"\xff\xfe"]),
)
def test_any_bytes_are_read_or_refused_with_a_sentence(endpoint: Endpoint, body: bytes) -> None:
    found = tried(endpoint, 200, body, {})
    assert isinstance(found, (RemoteError, *READ))
