"""What is sent: each request as the vendor's reference shows it, and nothing that it does not."""

import email.policy
import json
import re
from email.message import EmailMessage
from email.parser import BytesParser
from typing import Any

import pytest
from responses import RequestsMock

from relay.creativeai import CreativeAI, File, called_by, endpoints
from relay.creativeai.endpoints import Endpoint
from tests.creativeai.calls import (
    API,
    CALLS,
    IMAGE,
    KEY,
    MASK,
    NOW,
    REFERENCE,
    endpoint_of,
    given,
    name_of,
)
from tests.reference.creativeai import Shown, shown

ANYWHERE = re.compile(rf"{API}/.*")
ANSWER = {
    "id": "x_1",
    "batch_id": "b_1",
    "data": [{"url": "https://cdn.creativeai.run/a.png"}],
    "choices": [{}],
}
SHOWN = shown()


def answers(net: RequestsMock) -> None:
    for method in ("GET", "POST"):
        net.add(method, ANYWHERE, json=ANSWER)
    net.assert_all_requests_are_fired = False


def sent(net: RequestsMock) -> Any:
    (call,) = net.calls
    return call.request


def parts(request: Any) -> dict[str, EmailMessage]:
    head = f"Content-Type: {request.headers['Content-Type']}\r\n\r\n".encode()
    message = BytesParser(policy=email.policy.HTTP).parsebytes(head + request.body)
    assert isinstance(message, EmailMessage)
    found = list(message.iter_parts())
    names = [str(part.get_param("name", header="content-disposition")) for part in found]
    assert len(set(names)) == len(names)
    return {name: part for name, part in zip(names, found, strict=True) if isinstance(part, EmailMessage)}


def content(part: EmailMessage) -> bytes:
    value = part.get_payload(decode=True)
    assert isinstance(value, bytes)
    return value


def test_the_reference_shows_a_request_for_each_documented_body() -> None:
    assert {endpoint_of(each) for each in SHOWN} == {
        endpoints.IMAGES,
        endpoints.IMAGE_EDITS,
        endpoints.VIDEOS,
        endpoints.VIDEO_STATUS,
        endpoints.BATCHES,
        endpoints.BATCH_STATUS,
        endpoints.VOICE,
        endpoints.COMPOSE,
        endpoints.CHART_TO_VIDEO,
        endpoints.STATUS,
    }
    assert any("multi_shot_prompts" in (each.body or {}) for each in SHOWN)


@pytest.mark.parametrize("example", [each for each in SHOWN if not each.form], ids=str)
def test_a_request_is_sent_as_the_reference_shows_it(
    net: RequestsMock, client: CreativeAI, example: Shown
) -> None:
    answers(net)
    asked = example.path.rpartition("/")[2] if example.method == "GET" else example.body
    CALLS[endpoint_of(example)](client, asked)
    request = sent(net)
    assert (request.method, request.url) == (example.method, API + example.path)
    assert request.headers["Authorization"] == f"Bearer {KEY}"
    if example.body is None:
        assert request.body is None
    else:
        assert json.loads(request.body) == example.body
        assert request.headers["Content-Type"] == "application/json"


@pytest.mark.parametrize("example", [each for each in SHOWN if each.form], ids=str)
def test_an_edit_is_sent_as_the_form_that_the_reference_shows(
    net: RequestsMock, client: CreativeAI, example: Shown
) -> None:
    answers(net)
    form = dict(example.form)
    files = {
        name: File(form.pop(name)[1:], "image/png", b"\r\n--\x00\xff")
        for name in list(form)
        if form[name][0] == "@"
    }
    client.images.edit(form, files["image"], files.get("mask"), reference=REFERENCE, now=NOW)  # type: ignore[arg-type]
    found = parts(sent(net))
    assert set(found) == set(form) | set(files)
    for name, value in form.items():
        assert content(found[name]).decode() == value
        assert found[name].get_filename() is None
    for name, file in files.items():
        assert content(found[name]) == file.content
        assert found[name].get_filename() == file.name
        assert found[name].get_content_type() == file.type


def test_every_method_calls_the_endpoint_that_it_is_marked_with(client: CreativeAI) -> None:
    marked = called_by()
    assert set(marked) == set(CALLS)
    for endpoint, send in CALLS.items():
        with RequestsMock() as net:
            net.add(endpoint.method, API + endpoint.path_for("gen_1"), json=ANSWER)
            send(client, given(endpoint))
        subject, _, method = marked[endpoint].partition(".")
        assert hasattr(getattr(client, subject.lower()), method)


@pytest.mark.parametrize("endpoint", CALLS, ids=name_of)
def test_the_key_is_in_its_header_and_nowhere_else(
    net: RequestsMock, client: CreativeAI, endpoint: Endpoint
) -> None:
    answers(net)
    CALLS[endpoint](client, given(endpoint))
    request = sent(net)
    assert request.headers["Authorization"] == f"Bearer {KEY}"
    assert KEY not in request.url
    assert KEY.encode() not in (request.body or b"")


@pytest.mark.parametrize("asked", ["../batch/b_1", "a/b?c=d#e", "ä 1"])
def test_an_id_stays_one_piece_of_the_path(net: RequestsMock, client: CreativeAI, asked: str) -> None:
    answers(net)
    client.videos.status(asked, now=NOW)
    path = sent(net).url.removeprefix(f"{API}/v1/video/generations/")
    assert re.fullmatch(r"[A-Za-z0-9.%_-]+", path)


def test_half_a_surrogate_pair_does_not_stop_a_request(net: RequestsMock, client: CreativeAI) -> None:
    answers(net)
    client.videos.generate({"prompt": "A kite \ud83e and ü"}, now=NOW)
    assert json.loads(sent(net).body) == {"prompt": "A kite ? and ü"}


def test_a_file_name_cannot_break_out_of_its_header(net: RequestsMock, client: CreativeAI) -> None:
    answers(net)
    image = File('a"\r\nX-Evil: 1\r\n.png', "image/png", b"1")
    client.images.edit({"prompt": "Brighter"}, image, reference=REFERENCE, now=NOW)
    found = parts(sent(net))
    assert set(found) == {"prompt", "image"}
    assert "X-Evil" not in found["image"]


def test_uploads_are_not_repeated_in_logs() -> None:
    assert "an image" not in repr(IMAGE)
    assert "a mask" not in repr(MASK)
