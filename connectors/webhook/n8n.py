"""n8n: the webhook connection, knowing what n8n's answers mean and how much it takes at once.

https://docs.n8n.io/integrations/builtin/core-nodes/n8n-nodes-base.webhook/
"""

from pydantic import Field, SecretStr, field_validator

from connectors.base import Pace
from connectors.option_types import SecretUrl
from connectors.webhook.connector import Webhook, WebhookOptions
from relay.errors import RemoteError
from relay.http.client import HttpResponse

_TEST = "/webhook-test/"
_PASSING = {
    409: "answered 409: the execution that waits for this is not there yet.",
    422: "answered 422: the workflow could not read it this time.",
}


class N8nOptions(WebhookOptions):
    """Where to, what lets in there, and what signs it."""

    url: SecretUrl = Field(
        title="Address",
        description="The production address of the workflow's Webhook node; it has /webhook/ in it.",
        examples=["https://n8n.example.com/webhook/relay-delivery"],
    )

    @field_validator("url")
    @classmethod
    def _url_is_not_for_testing(cls, value: SecretStr) -> SecretStr:
        if _TEST in value.get_secret_value():
            raise ValueError(
                "is the test address, which n8n answers only while its editor listens. Copy the production "
                "address, with /webhook/ in it, and publish the workflow"
            )
        return value


class N8n(Webhook):
    """A workflow that is not published yet, or is being changed, gets its results later: nothing pauses."""

    kind = "n8n"
    title = "n8n"
    summary = "A workflow receives each result as signed JSON, at most four at once."
    needs = (
        "The production address of the workflow's Webhook node, and the workflow published.",
        "A signing secret, if the workflow verifies one: the template Behind the relay does.",
        "The credential of the node, if its Authentication is Basic Auth or Header Auth.",
    )
    Options = N8nOptions
    pace = Pace(calls_per_second=None, concurrency=4)

    def _refusal(self, answer: HttpResponse, excerpt: str, now: int) -> RemoteError:
        if answer.status == 404 and "not registered" in excerpt:
            words = "answered 404: no published workflow listens at this address. Publish it in n8n."
        elif answer.status in _PASSING:
            words = _PASSING[answer.status]
        else:
            return super()._refusal(answer, excerpt, now)
        message = f"{answer.host} {words} The relay retries automatically."
        return RemoteError(message, retry_after=answer.retry_after(now), status=answer.status, answer=excerpt)
