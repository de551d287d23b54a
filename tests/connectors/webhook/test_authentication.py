"""Signing in at a receiver: what is sent, what is refused with a sentence, and that none of it is shown."""

import base64
from typing import Any

import pytest
from responses import RequestsMock

from connectors.base import Memory
from connectors.webhook.connector import Webhook, WebhookOptions
from connectors.webhook.make import Make, MakeOptions
from connectors.webhook.n8n import N8n, N8nOptions
from relay.http.client import Http
from relay.validation import secret_fields
from tests.connectors.contract import KEY, NOW, VIDEO, field_errors
from tests.connectors.files import NoFiles
from tests.connectors.webhook.test_connector import SECRET, URL

PASSWORD, VALUE = "pässword:9", "the-value-of-the-header-9"
BASIC = {"basic_user": "relay", "basic_password": PASSWORD}
HEADER = {"header_name": "X-API-Key", "header_value": VALUE}
ENCODED = base64.b64encode(f"relay:{PASSWORD}".encode()).decode()
KINDS: dict[str, tuple[type[Webhook], type[Any]]] = {
    "webhook": (Webhook, WebhookOptions),
    "n8n": (N8n, N8nOptions),
    "make": (Make, MakeOptions),
}

each_kind = pytest.mark.parametrize("kind", KINDS)


def connected(kind: str, **options: str) -> Webhook:
    connector, model = KINDS[kind]
    return connector(model.model_validate({"url": URL, **options}), Http())


def sent(kind: str, **options: str) -> dict[str, str]:
    with RequestsMock() as net:
        net.post(URL, status=200)
        connected(kind, **options).deliver(VIDEO, {}, KEY, Memory(), NoFiles(), NOW)
        return {name.lower(): value for name, value in net.calls[0].request.headers.items()}


@each_kind
@pytest.mark.parametrize(
    ("options", "headers"),
    [
        ({}, {}),
        (BASIC, {"authorization": f"Basic {ENCODED}"}),
        (HEADER, {"x-api-key": VALUE}),
        (BASIC | HEADER, {"authorization": f"Basic {ENCODED}", "x-api-key": VALUE}),
        (
            {"header_name": "Authorization", "header_value": "Bearer abc"},
            {"authorization": "Bearer abc"},
        ),
        ({"header_name": "x-relay_key.1", "header_value": "a b"}, {"x-relay_key.1": "a b"}),
    ],
    ids=["none", "basic", "header", "both", "bearer", "odd name"],
)
def test_each_call_signs_in(kind: str, options: dict[str, str], headers: dict[str, str]) -> None:
    found = sent(kind, **options)
    known = {"authorization", "x-api-key", "x-relay_key.1"}
    assert {name: value for name, value in found.items() if name in known} == headers
    assert found["webhook-id"] == KEY
    assert found["content-type"] == "application/json"


@each_kind
def test_the_check_signs_in_too(kind: str) -> None:
    with RequestsMock() as net:
        net.add("OPTIONS", URL, status=204)
        assert connected(kind, **BASIC, **HEADER).check().ok
        assert net.calls[0].request.headers["X-API-Key"] == VALUE


def test_the_key_of_a_make_webhook_goes_beside_it() -> None:
    assert sent("make", api_key="the-key", **BASIC)["x-make-apikey"] == "the-key"


FREE = [
    *(
        "Host",
        "content-length",
        "Content-Type",
        "Transfer-Encoding",
        "Connection",
        "Keep-Alive",
        "Upgrade",
        "TE",
    ),
    *("Trailer", "Expect", "Proxy-Authorization", "proxy-connection", "Content-Encoding", "Accept-Encoding"),
    *("webhook-id", "Webhook-Signature", "webhook-timestamp", "webhook-anything"),
]


@each_kind
@pytest.mark.parametrize(
    ("options", "field", "complaint"),
    [
        *(
            ({"header_name": name, "header_value": "x"}, "header_name", "which the relay sets itself")
            for name in FREE
        ),
        *(
            ({"header_name": name, "header_value": "x"}, "header_name", "can be no header's name")
            for name in ("", "X API Key", "X-Key:", "X-Schlüssel", "X-Key\r\nX-Other", "x" * 201, "(x)")
        ),
        *(
            ({"header_name": "X-Key", "header_value": value}, "header_value", complaint)
            for value, complaint in (
                ("schlüssel", "no header can carry"),
                ("a\nb", "no header can carry"),
                ("a\r\nX-Other: b", "no header can carry"),
                ("a\x00", "no header can carry"),
                ("", "is empty"),
                (" a", "begins or ends with a blank"),
                ("a ", "begins or ends with a blank"),
                ("x" * 4001, "is longer than 4000 characters"),
            )
        ),
        ({"header_name": "X-Key"}, "header_value", "go together"),
        ({"header_value": "x"}, "header_value", "go together"),
        ({"basic_user": "relay"}, "basic_password", "go together"),
        ({"basic_password": "x"}, "basic_password", "go together"),
        ({"basic_user": "re:lay", "basic_password": "x"}, "basic_user", "must not hold a colon"),
        ({"basic_user": "re\nlay", "basic_password": "x"}, "basic_user", "control character"),
        ({"basic_user": "relay", "basic_password": "a\x00b"}, "basic_password", "control character"),
        (
            BASIC | {"header_name": "authorization", "header_value": "x"},
            "header_name",
            "beside Basic auth",
        ),
    ],
)
def test_what_cannot_be_sent_is_refused_at_its_field(
    kind: str, options: dict[str, str], field: str, complaint: str
) -> None:
    found = field_errors(kind, {"url": URL, **options})
    assert list(found) == [field], "one fault, one sentence"
    assert complaint in found[field]
    assert PASSWORD not in str(found)


def test_makes_own_header_has_a_field_of_its_own() -> None:
    found = field_errors("make", {"url": URL, "header_name": "X-Make-APIKey", "header_value": "x"})
    assert "enter its value as the API key" in found["header_name"]


@each_kind
def test_password_and_value_are_secrets(kind: str) -> None:
    _, model = KINDS[kind]
    assert {"url", "basic_password", "header_value"} <= set(secret_fields(model))
    shown = str(model.model_validate({"url": URL, **BASIC, **HEADER}))
    assert not [each for each in (PASSWORD, VALUE) if each in shown]


@each_kind
@pytest.mark.parametrize("status", [200, 401, 422, 503])
def test_a_receiver_that_repeats_them_shows_none_of_them(kind: str, status: int) -> None:
    echo = f'{{"authorization": "Basic {ENCODED}", "password": "{PASSWORD}", "key": "{VALUE}"}}'
    with RequestsMock() as net:
        net.post(URL, status=status, body=echo.encode())
        connection = connected(kind, **BASIC, **HEADER)
        try:
            answer = connection.deliver(VIDEO, {}, KEY, Memory(), NoFiles(), NOW).answer
        except Exception as error:
            answer = f"{error.answer} {error}"  # type: ignore[attr-defined]
    assert "********" in answer
    assert not [each for each in (ENCODED, PASSWORD, VALUE) if each in answer]


ODD = 'p@ss/"word"&+=9'
ODD_SPELLINGS = [
    "p%40ss%2F%22word%22%26%2B%3D9",
    "p%40ss%2f%22word%22%26%2b%3d9",
    'p@ss/\\"word\\"&+=9',
    'p@ss\\/\\"word\\"&+=9',
    "p@ss/&quot;word&quot;&amp;+=9",
]


@each_kind
@pytest.mark.parametrize("repeated", ODD_SPELLINGS)
def test_a_receiver_that_spells_them_in_its_own_way_shows_none_of_them(kind: str, repeated: str) -> None:
    for given in (
        {"basic_user": "ann", "basic_password": ODD},
        {"header_name": "X-Key", "header_value": ODD},
        {"header_name": "Authorization", "header_value": f"Bearer {ODD}"},
        {"header_name": "X-Key", "header_value": f"Token  {ODD}"},
    ):
        with RequestsMock() as net:
            net.post(URL, status=200, body=f"unknown: {repeated}.".encode())
            answer = connected(kind, **given).deliver(VIDEO, {}, KEY, Memory(), NoFiles(), NOW).answer
        assert answer == "unknown: ********."


def test_a_signing_secret_goes_with_it() -> None:
    found = sent("webhook", secret=SECRET, **BASIC)
    assert found["webhook-signature"]
    assert found["authorization"]


@each_kind
@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_sign_in_says_what_to_enter(kind: str, status: int) -> None:
    with RequestsMock() as net:
        net.post(URL, status=status)
        with pytest.raises(Exception, match=r"Enter (what its webhook asks for|the webhook's key)"):
            connected(kind).deliver(VIDEO, {}, KEY, Memory(), NoFiles(), NOW)
