"""Make: the webhook connection with Make's own key, knowing what Make's answers mean.

https://help.make.com/webhooks
"""

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field, field_validator

from connectors.base import Pace
from connectors.option_types import HeaderSecret, SecretUrl
from connectors.webhook.authentication import ReceiverOptions
from connectors.webhook.connector import Webhook, WebhookOptions
from relay.errors import RemoteError
from relay.http.client import Http, HttpResponse

_PER_SECOND = 25.0  # Make takes 300 in 10 seconds for all webhooks of an organization
_KEY = "x-make-apikey"
_QUEUE_FULL = "queue is full"
_OTHER_KEY = "it needs another API key. Enter the webhook's key here."


class MakeOptions(ReceiverOptions):
    """Where to, and the key that lets in."""

    url: SecretUrl = Field(
        title="Address",
        description="The address that Make shows for the scenario's webhook.",
        examples=["https://hook.eu2.make.com/abcdefghijklmnop"],
    )
    api_key: HeaderSecret | None = Field(
        None,
        title="API key of the webhook",
        description="The key that you gave the webhook in Make, if you gave it one: sent as x-make-apikey.",
        examples=["a-long-key-of-your-choice"],
    )

    @field_validator("header_name")
    @classmethod
    def _key_has_a_field(cls, value: str | None) -> str | None:
        if value is not None and value.lower() == _KEY:
            raise ValueError(f"must not be {_KEY}: enter its value as the API key of the webhook")
        return value


class Make(Webhook):
    """Make takes a result before its scenario runs: what fails later is seen in Make alone."""

    kind = "make"
    title = "Make"
    summary = "A scenario receives each result as JSON, with the key of its webhook."
    needs = (
        "The address that Make shows for the scenario's webhook.",
        "Its API key, if you gave it one: Webhooks, your webhook, API key authentication.",
    )
    Options = MakeOptions
    pace = Pace(calls_per_second=_PER_SECOND, concurrency=8)
    connection_faults: ClassVar[Mapping[int, str]] = {
        **Webhook.connection_faults,
        401: _OTHER_KEY,
        403: _OTHER_KEY,
        410: "the webhook is gone, or no scenario has used it for five days. Attach it to a scenario again, "
        "or enter the address of another.",
    }

    def __init__(self, options: MakeOptions, http: Http) -> None:
        super().__init__(WebhookOptions.model_validate(options.model_dump(exclude={"api_key"})), http)
        if options.api_key:
            key = options.api_key.get_secret_value()
            self._sign_in[_KEY] = key
            self._hidden = [key, *self._hidden]

    def _refusal(self, answer: HttpResponse, excerpt: str, now: int) -> RemoteError:
        if answer.status != 400 or _QUEUE_FULL not in excerpt.lower():
            return super()._refusal(answer, excerpt, now)
        sentence = (
            f"{answer.host} answered 400: its queue is full, because the scenario is slow or off. "
            "The relay retries automatically."
        )
        return RemoteError(sentence, retry_after=answer.retry_after(now), status=400, answer=excerpt)
