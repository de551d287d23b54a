"""Another webhook: what is posted, how it is signed, and what answers mean."""

import base64
import json
import re
import time
from typing import Any

import pytest
import responses
from responses import RequestsMock
from standardwebhooks.webhooks import Webhook as Verifier
from standardwebhooks.webhooks import WebhookVerificationError

from connectors.base import Memory
from connectors.webhook.connector import Webhook, WebhookOptions
from relay.http.client import Http
from relay.models.core import Output, Result, ResultStatus
from tests.connectors.contract import (
    CONTEXT,
    CREDITS,
    FAILED,
    KEY,
    MODEL,
    NOW,
    VIDEO,
    WORDS,
    Case,
    KeyContract,
    Refusal,
    field_errors,
)
from tests.connectors.files import NoFiles
from tests.loopback import answer, loopback
from tests.samples import PATH

URL = "https://n8n.example.com/webhook/5f2c9a8e-secret-path?token=t0ken-in-query"
SECRET = "whsec_" + base64.b64encode(b"n" * 24).decode()
PREVIOUS = "a plain text of the years before"
SAMPLE = PATH / "webhook/generation.completed.json"


def accepts(net: RequestsMock) -> None:
    net.post(URL, status=200, body='{"ok": true}')
    net.add("OPTIONS", URL, status=204)


def refuses(net: RequestsMock, answer: Refusal | Exception) -> None:
    for method in ("POST", "OPTIONS"):
        if isinstance(answer, Exception):
            net.add(method, URL, body=answer)
        else:
            net.add(method, URL, status=answer.status, body=answer.body, headers=dict(answer.headers))


def bodies(net: RequestsMock) -> list[dict[str, Any]]:
    return [json.loads(call.request.body or b"") for call in net.calls if call.request.method == "POST"]


def shown(net: RequestsMock) -> str:
    """Every text in the posted JSON, as a program that parsed it has it."""

    def texts(value: object) -> list[str]:
        if isinstance(value, dict):
            return [text for each in value.values() for text in texts(each)]
        if isinstance(value, list):
            return [text for each in value for text in texts(each)]
        return [str(value)]

    return "\n".join(texts(bodies(net)))


PAUSING = (302, 401, 402, 403, 404, 405, 406, 410, 415)


class TestContract(KeyContract):
    case = Case(
        kind="webhook",
        options={"url": URL, "secret": SECRET, "secret_previous": PREVIOUS},
        secrets=(URL, "5f2c9a8e-secret-path", "t0ken-in-query", SECRET, PREVIOUS),
        accepts=accepts,
        refuses=refuses,
        shown=shown,
        keys=lambda net: [str(call.request.headers["webhook-id"]) for call in net.calls],
        known_by_job=(WORDS, MODEL, str(CREDITS), "2026-11-18T11:06:40Z"),
        refusals={
            "transient": tuple(Refusal(status, "busy") for status in (408, 425, 429, 500, 502, 503, 504)),
            "record": tuple(Refusal(status, "no") for status in (400, 413, 418, 422, 451)),
            "connection": tuple(Refusal(status, "no") for status in PAUSING),
        },
    )


def deliver(
    result: Result = VIDEO, now: int = NOW, context: dict[str, Any] = CONTEXT, **options: str
) -> tuple[bytes, dict[str, str]]:
    """The body and headers that one delivery posts."""
    with RequestsMock() as net:
        net.post(URL, status=200)
        Webhook(WebhookOptions.model_validate({"url": URL, **options}), Http()).deliver(
            result, context, KEY, Memory(), NoFiles(), now
        )
        request = net.calls[0].request
    assert isinstance(request.body, bytes)
    return request.body, dict(request.headers)


def test_the_body_is_the_one_that_is_documented() -> None:
    wanted = json.loads(SAMPLE.read_text(encoding="utf-8"))["body"]
    result = Result(
        generation_id="vgen_abc123",
        status=ResultStatus.COMPLETED,
        kind="video",
        outputs=(
            Output(
                "https://cdn.example.com/vgen_abc123.mp4",
                "video/mp4",
                1128375,
                archived_url="https://relay.example.com/files/x/vgen_abc123-1.mp4",
            ),
        ),
        links_end_at=1_795_602_399_000,
        prompt="Ein Becher aus Ton, 陶器",
        model="auto",
        model_actual="kling-v3",
        credits=30.0,
        completed_at="2026-11-18T10:26:39Z",
    )
    body, headers = deliver(result, context={"sku": "MUG-1", "row": 7})
    assert json.loads(body) == wanted
    assert list(json.loads(body)["data"]) == list(wanted["data"])
    assert "陶器".encode() in body
    assert headers["Content-Type"] == "application/json"


def test_our_batch_and_the_vendor_s_are_both_told() -> None:
    body, _ = deliver(Result("vgen_1", ResultStatus.COMPLETED, batch_id="list-1", vendor_batch_id="vb_1"))
    data = json.loads(body)["data"]
    assert (data["batch_id"], data["vendor_batch_id"]) == ("list-1", "vb_1")


def test_the_same_result_at_the_same_time_has_the_same_bytes() -> None:
    assert deliver() == deliver()


def test_a_failure_carries_the_vendor_s_words() -> None:
    body, _ = deliver(FAILED)
    event = json.loads(body)
    assert event["type"] == "generation.failed"
    assert event["data"]["error"] == {"message": FAILED.error, "code": "moderation_blocked"}


@pytest.mark.parametrize("secret", [SECRET, SECRET.rstrip("="), PREVIOUS], ids=["whsec", "unpadded", "text"])
def test_a_stranger_s_library_verifies_the_signature(secret: str) -> None:
    body, headers = deliver(now=int(time.time() * 1000), secret=secret)
    key: str | bytes = secret if secret.startswith("whsec_") else secret.encode()
    assert Verifier(key).verify(body, headers)["data"]["generation_id"] == "vgen_abc123"
    with pytest.raises(WebhookVerificationError):
        Verifier(key).verify(body + b" ", headers)


def test_while_the_secret_changes_both_verify_and_the_new_one_stands_first() -> None:
    now = int(time.time() * 1000)
    body, headers = deliver(now=now, secret=SECRET, secret_previous=PREVIOUS)
    Verifier(SECRET).verify(body, headers)
    Verifier(PREVIOUS.encode()).verify(body, headers)
    _, alone = deliver(now=now, secret=SECRET)
    assert headers["webhook-signature"].split(" ")[0] == alone["webhook-signature"]


def test_without_a_secret_nothing_pretends_to_be_signed() -> None:
    _, headers = deliver()
    assert headers["webhook-id"] == KEY
    assert headers["webhook-timestamp"] == str(NOW // 1000)
    assert "webhook-signature" not in headers


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_every_2xx_is_a_delivery_and_its_answer_is_kept(status: int) -> None:
    with RequestsMock() as net:
        net.post(URL, status=status, body="" if status == 204 else "ä" * 5000)
        done = Webhook(WebhookOptions.model_validate({"url": URL}), Http()).deliver(
            VIDEO, {}, KEY, Memory(), NoFiles(), NOW
        )
    assert (done.status, done.answer) == (status, "" if status == 204 else "ä" * 2048)


def test_check_asks_without_posting() -> None:
    with RequestsMock() as net:
        net.add(responses.OPTIONS, URL, status=405)
        found = Webhook(WebhookOptions.model_validate({"url": URL}), Http()).check()
    assert found.ok
    assert found.message.startswith("n8n.example.com answers.")


@pytest.mark.parametrize(
    ("given", "field", "words"),
    [
        ({"url": "n8n.example.com/hook"}, "url", "must start with https:// or http://"),
        ({"url": "https://me:pw@n8n.example.com"}, "url", "must not carry a user name or password"),
        ({"url": "http://169.254.169.254/latest"}, "url", "private or reserved"),
        ({"url": URL, "secret": "tiny"}, "secret", "is too short"),
        ({"url": URL, "secret": "whsec_not*base64*at*all*and*long*enough"}, "secret", "is not base64"),
        ({"url": URL, "secret": "whsec_c2hvcnQ="}, "secret", "is too short"),
        ({"url": URL, "secret": SECRET, "secret_previous": "tiny"}, "secret_previous", "is too short"),
        ({"url": URL, "secret_previous": SECRET}, "secret_previous", "needs a signing secret beside it"),
        ({}, "url", "required"),
    ],
)
def test_a_wrong_option_is_named_and_not_repeated(given: dict[str, str], field: str, words: str) -> None:
    found = field_errors("webhook", given)
    assert list(found) == [field]
    assert words in found[field]
    assert not any(value in found[field] for value in given.values())


def test_an_address_in_the_own_network_can_be_entered() -> None:
    assert field_errors("webhook", {"url": "http://192.168.1.20:5678/webhook/x"}) == {}


def test_the_target_is_the_address_in_whatever_spelling_and_the_quota_its_host() -> None:
    one, same, other, elsewhere = (
        Webhook(WebhookOptions.model_validate({"url": url}), Http())
        for url in (
            "https://N8N.example.com/a?key=s3cr3t",
            "https://n8n.example.com:443/a?key=s3cr3t",
            "https://n8n.example.com/a?key=s3cr4t",
            "https://n8n.example.com:8443/a?key=s3cr3t",
        )
    )
    assert one.target == same.target
    assert len({one.target, other.target, elsewhere.target}) == 3
    assert re.fullmatch(r"webhook:n8n\.example\.com#[0-9a-f]{12}", one.target)
    assert one.quota == other.quota == "host:n8n.example.com" != elsewhere.quota


def test_it_arrives_the_same_on_a_real_wire() -> None:
    with loopback(answer("200 OK", b"thanks")) as server:
        http = Http(allowed_hosts=[f"127.0.0.1:{server.port}"])
        options = WebhookOptions.model_validate({"url": f"{server.url}/hook", "secret": SECRET})
        done = Webhook(options, http).deliver(
            VIDEO, CONTEXT, KEY, Memory(), NoFiles(), int(time.time() * 1000)
        )
        http.close()
    assert done.answer == "thanks"
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    lines = [line.split(": ", 1) for line in head.decode().split("\r\n")[1:]]
    Verifier(SECRET).verify(body, dict(lines))
