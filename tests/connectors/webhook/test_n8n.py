"""n8n: a workflow that is not there yet is waited for, and the address has to be the real one."""

import pytest
from responses import RequestsMock

from connectors.webhook.n8n import N8n, N8nOptions
from relay.http.client import Http
from tests.connectors.contract import VIDEO, Case, KeyContract, Refusal, field_errors
from tests.connectors.files import NoFiles
from tests.connectors.webhook.test_connector import SECRET, URL, accepts, refuses, shown

GONE = '{"code":404,"message":"The requested webhook \\"POST x\\" is not registered."}'


class TestContract(KeyContract):
    case = Case(
        kind="n8n",
        options={"url": URL, "secret": SECRET},
        secrets=(URL, "5f2c9a8e-secret-path", "t0ken-in-query", SECRET),
        accepts=accepts,
        refuses=refuses,
        shown=shown,
        keys=lambda net: [str(call.request.headers["webhook-id"]) for call in net.calls],
        refusals={
            "transient": (
                Refusal(404, GONE),
                *(Refusal(status, "later") for status in (408, 409, 422, 425, 429, 500, 502, 503, 504)),
            ),
            "record": tuple(Refusal(status, "no") for status in (400, 413, 418)),
            "connection": (*(Refusal(status, "no") for status in (302, 401, 402, 403, 404, 405, 410, 415)),),
        },
    )

    def test_a_workflow_that_is_not_published_is_said_to_be(self) -> None:
        error = self.failure(Refusal(404, GONE))
        assert "Publish it in n8n. The relay retries automatically." in error.message


def test_at_most_four_calls_at_once() -> None:
    """n8n handles tens of webhooks a second; the claim keeps to this over all processes."""
    assert N8n.pace.concurrency == 4


def test_the_address_for_testing_is_refused() -> None:
    url = "https://n8n.example.com/webhook-test/5f2c9a8e"
    assert "Copy the production address" in str(field_errors("n8n", {"url": url}))


def test_a_result_goes_out_as_by_any_webhook(net: RequestsMock) -> None:
    accepts(net)
    options = N8nOptions.model_validate({"url": URL, "secret": SECRET})
    assert N8n(options, Http()).deliver(VIDEO, {}, "key-1", None, NoFiles(), 1).status == 200  # type: ignore[arg-type]
    assert net.calls[0].request.headers["webhook-id"] == "key-1"


@pytest.fixture
def net() -> object:
    with RequestsMock(assert_all_requests_are_fired=False) as net:
        yield net
