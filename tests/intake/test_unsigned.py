"""A webhook that nobody signed: which are held, under whose id, and what is no such webhook."""

import json
from typing import Any

import pytest

from relay.errors import SignatureError, UnsignedError
from relay.intake import signature, unsigned
from relay.models.core import Event
from tests.wire import generation

NOW = 1_800_000_000_000
NAME = {"x-creativeai-event": "video.generation.completed"}


def read(body: Any, headers: dict[str, str] | None = None, query: str = "") -> Event:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return unsigned.read(raw, NAME if headers is None else headers, label="", query=query, now=NOW)


def test_only_a_missing_header_is_no_signature_at_all() -> None:
    secrets = {"KEY": b"the-secret"}
    with pytest.raises(UnsignedError, match="missing"):
        signature.verify(b"{}", None, secrets)
    for wrong in ("", "sha256=", "sha256=" + "0" * 64):
        with pytest.raises(SignatureError) as raised:
            signature.verify(b"{}", wrong, secrets)
        assert not isinstance(raised.value, UnsignedError)


def test_it_says_who_vouches_for_it_and_carries_its_context() -> None:
    event = read(generation("vgen_1"), query="sku=MUG-1&job=abc.1")
    assert event.secret == "confirmed by CreativeAI"
    assert (event.context, event.reference) == ({"sku": "MUG-1"}, "abc.1")


def test_a_header_with_the_id_of_another_event_does_not_take_that_ones_place() -> None:
    headers = NAME | {"x-creativeai-delivery-id": "vgen_2"}
    assert read(generation("vgen_1"), headers).delivery_id == "vgen_1"


@pytest.mark.parametrize("own", ["batch_1", "vgen_1"])
def test_a_part_of_a_batch_is_looked_up_there_and_keeps_an_id_of_its_own(own: str) -> None:
    event = read(generation("vgen_1", batch_id="batch_1"), NAME | {"x-creativeai-delivery-id": own})
    assert unsigned.polled_id(event) == "batch_1"
    assert event.delivery_id == own


def test_a_batch_is_looked_up_by_its_id() -> None:
    body = {"batch_id": "batch_1", "object": "video.batch", "status": "completed", "jobs": [generation("v1")]}
    event = read(body, {})
    assert (unsigned.polled_id(event), event.delivery_id) == ("batch_1", "batch_1")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"id": "vgen_1"},
        generation("vgen_1", "processing"),
        generation("vgen_1", "a word of tomorrow"),
        {"batch_id": "batch_1", "status": "completed", "jobs": []},
        {"batch_id": "batch_1", "status": "completed", "jobs": [generation("vgen_1", "processing")]},
        generation(".."),
        generation("../../../v1/models"),
        generation("vgen_1?x=1"),
        generation("vgen 1"),
        generation("vgén_1"),
    ],
)
def test_what_creativeai_cannot_be_asked_about_is_refused_with_the_reason(body: Any) -> None:
    with pytest.raises(UnsignedError, match="CreativeAI cannot confirm"):
        read(body, {})


@pytest.mark.parametrize("body", [b"", b"[]", b"\xff", b'{"id": '])
def test_what_cannot_be_read_is_refused_for_it_says_nothing_that_could_be_confirmed(body: bytes) -> None:
    with pytest.raises(UnsignedError, match="without an outcome"):
        read(body)
