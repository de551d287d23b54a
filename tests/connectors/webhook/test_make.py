"""Make: its own key, and what its answers mean."""

from responses import RequestsMock

from connectors.webhook.make import Make, MakeOptions
from relay.http.client import Http
from tests.connectors.contract import KEY, NOW, VIDEO, Case, KeyContract, Memory, Refusal, field_errors
from tests.connectors.files import NoFiles
from tests.connectors.webhook.test_connector import URL, accepts, refuses, shown

API_KEY = "the-key-of-the-webhook-9"


class TestContract(KeyContract):
    case = Case(
        kind="make",
        options={"url": URL, "api_key": API_KEY},
        secrets=(URL, "5f2c9a8e-secret-path", "t0ken-in-query", API_KEY),
        accepts=accepts,
        refuses=refuses,
        shown=shown,
        keys=lambda net: [str(call.request.headers["webhook-id"]) for call in net.calls],
        refusals={
            "transient": (
                Refusal(400, "Queue is full."),
                *(Refusal(status, "busy") for status in (408, 425, 429, 500, 502, 503, 504)),
            ),
            "record": tuple(Refusal(status, "no") for status in (400, 413, 422)),
            "connection": tuple(Refusal(status, "no") for status in (302, 401, 402, 403, 404, 405, 410, 415)),
        },
    )

    def test_a_webhook_that_is_gone_is_explained(self) -> None:
        assert "no scenario has used it for five days" in self.failure(Refusal(410, "Gone")).message

    def test_a_wrong_key_is_named(self) -> None:
        assert "needs another API key" in self.failure(Refusal(401, "Unauthorized")).message


def sent(**options: str) -> dict[str, str]:
    with RequestsMock() as net:
        net.post(URL, status=200, body="Accepted")
        make = Make(MakeOptions.model_validate({"url": URL, **options}), Http())
        make.deliver(VIDEO, {}, KEY, Memory(), NoFiles(), NOW)
        return dict(net.calls[0].request.headers)


def test_the_key_goes_with_each_call() -> None:
    assert sent(api_key=API_KEY)["x-make-apikey"] == API_KEY


def test_without_a_key_none_is_sent() -> None:
    assert "x-make-apikey" not in sent()


def test_a_key_that_no_header_can_carry_is_refused() -> None:
    assert "no header can carry" in str(field_errors("make", {"url": URL, "api_key": "schlüssel\n"}))
