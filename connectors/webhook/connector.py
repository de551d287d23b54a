"""Another webhook: each result as JSON to any address, signed the Standard Webhooks way.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar

from pydantic import Field, SecretStr, ValidationInfo, field_validator

from connectors import base
from connectors.base import CheckResult, Connector, Done, Files, Memory, Pace
from connectors.status_errors import status_error
from connectors.webhook import authentication
from connectors.webhook.authentication import ReceiverOptions
from relay.errors import RemoteError
from relay.http.client import Http, HttpResponse, check_url, secret_parts, spellings
from relay.models.core import Result, ResultStatus

_PREFIX = "whsec_"
_to_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_TIMEOUT = (10.0, 30.0)  # the specification asks for 15 to 30 s
_CAP = 262_144
_SIGN_IN = (
    "it asks for a sign-in, or for another one. Enter what its webhook asks for: a user name and password, "
    "or a header and its value."
)


class WebhookOptions(ReceiverOptions):
    """Where to, what lets in there, and what signs it."""

    secret: SecretStr | None = Field(
        None,
        title="Signing secret",
        description="Signs every result, so that the receiver knows it is from here: whsec_ and base64 "
        "(Standard Webhooks), or any text of 24 characters and more, used as it is.",
        examples=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
    )
    secret_previous: SecretStr | None = Field(
        None,
        title="Previous signing secret",
        description="While you change the secret: results are signed with both, the new one first.",
        examples=["whsec_plJ3nmyCDGBKInavdOK15jsl7ScgWn6a"],
    )

    @field_validator("secret", "secret_previous")
    @classmethod
    def _secret_can_sign(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            _signing_key(value)
        return value

    @field_validator("secret_previous")
    @classmethod
    def _previous_follows_a_secret(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if value is not None and info.data.get("secret", value) is None:
            raise ValueError("needs a signing secret beside it; a single secret goes into that field")
        return value


class Webhook(Connector):
    """Posts to one address. A repeated attempt has the same `webhook-id`; the receiver drops doubles by it.

    What remains: a receiver that ignores `webhook-id` may act twice when its answer to the first was lost.
    """

    kind = "webhook"
    title = "Webhook"
    summary = "Zapier, your own server or any other tool receives each result as signed JSON."
    needs: ClassVar[tuple[str, ...]] = (
        "The address that your tool shows for its webhook.",
        "A signing secret, if your tool can verify one. Leave it out if not.",
        "A user name and password (Basic auth), or a header and its value, if your tool asks for them.",
    )
    Options: ClassVar[type[base.Options]] = WebhookOptions  # Make's are others
    pace = Pace(calls_per_second=None, concurrency=16)
    connection_faults: ClassVar[Mapping[int, str]] = {
        401: _SIGN_IN,
        403: _SIGN_IN,
        404: "nothing listens at this address. Check it, and that the workflow is switched on.",
    }

    def __init__(self, options: WebhookOptions, http: Http) -> None:
        self._http = http
        self._url = options.url.get_secret_value()
        secrets = [secret for secret in (options.secret, options.secret_previous) if secret]
        self._keys = [_signing_key(secret) for secret in secrets]
        hidden = [*(each.get_secret_value() for each in secrets), *authentication.secrets(options)]
        self._hidden = [
            *(spelled for each in hidden for spelled in spellings(each)),
            *secret_parts(self._url),
        ]
        self._sign_in = authentication.headers(options)

    @property
    def target(self) -> str:
        """The address itself: neighbors on a host are separate services. It is a secret, so its hash."""
        url = check_url(self._url)
        return f"{self.kind}:{url.authority}#{hashlib.sha256(str(url).encode()).hexdigest()[:12]}"

    @property
    def quota(self) -> str:
        return f"host:{check_url(self._url).authority}"

    def deliver(
        self, result: Result, context: Mapping[str, Any], key: str, memory: Memory, files: Files, now: int
    ) -> Done:
        answer = self._post(f"generation.{result.status}", _data(result, context), key, now)
        return Done(status=answer.status, answer=answer.excerpt(self._hidden))

    def check(self) -> CheckResult:
        """Asks with OPTIONS, which by RFC 9110 (9.2.1) has no effect; a workflow starts on POST only."""
        answer = self._http.send("OPTIONS", self._url, headers=self._sign_in, timeout=_TIMEOUT, cap=_CAP)
        if 300 <= answer.status < 400:
            raise self._refusal(answer, answer.excerpt(self._hidden), 0)
        if answer.status in (404, 410) or answer.status >= 500:
            return CheckResult(
                False,
                f"{answer.host} answered {answer.status} to the check. Send a test to be certain.",
            )
        return CheckResult(
            True, f"{answer.host} answers. Only a test result shows whether it accepts results."
        )

    def test(self, key: str, now: int) -> CheckResult:
        data = {"message": "A test from CreativeAI Relay. Nothing was generated.", "test": True}
        answer = self._post("relay.test", data, key, now)
        return CheckResult(True, f"{answer.host} accepted a test (answer {answer.status}).")

    def _post(self, kind: str, data: Mapping[str, Any], key: str, now: int) -> HttpResponse:
        body = _encode({"type": kind, "timestamp": _iso(now), "data": data})
        signed = _signed(self._keys, key, now // 1000, body)
        headers = {"Content-Type": "application/json", **self._sign_in, **signed}
        answer = self._http.send(
            "POST", self._url, headers=headers, body=body, timeout=_TIMEOUT, cap=_CAP, reads_all=False
        )
        if not 200 <= answer.status < 300:
            raise self._refusal(answer, answer.excerpt(self._hidden), now)
        return answer

    def _refusal(self, answer: HttpResponse, excerpt: str, now: int) -> RemoteError:
        """What an answer that is no 2xx means here."""
        return status_error(answer, excerpt, now, self.connection_faults)


def _data(result: Result, context: Mapping[str, Any]) -> dict[str, Any]:
    """What receivers build on: fields may be added, never renamed or dropped."""
    return {
        "generation_id": result.generation_id,
        "status": str(result.status),
        "kind": result.kind,
        "outputs": [
            {"url": each.link, "vendor_url": each.url, "type": each.type, "size": each.size}
            for each in result.outputs
        ],
        "vendor_urls_end_at": None if result.links_end_at is None else _iso(result.links_end_at),
        "prompt": result.prompt,
        "model": result.model,
        "model_actual": result.model_actual,
        "error": {"message": result.error, "code": result.error_code}
        if result.status is ResultStatus.FAILED
        else None,
        "credits": result.credits,
        "credits_refunded": result.credits_refunded,
        "batch_id": result.batch_id,
        "vendor_batch_id": result.vendor_batch_id,
        "completed_at": result.completed_at,
        "context": dict(context),
    }


def _signed(keys: list[bytes], key: str, seconds: int, body: bytes) -> dict[str, str]:
    """The three headers; one signature per secret, the newest first."""
    headers = {"webhook-id": key, "webhook-timestamp": str(seconds)}
    if keys:
        content = f"{key}.{seconds}.".encode() + body
        digests = (hmac.new(each, content, hashlib.sha256).digest() for each in keys)
        headers["webhook-signature"] = " ".join(f"v1,{base64.b64encode(each).decode()}" for each in digests)
    return headers


def _signing_key(secret: SecretStr) -> bytes:
    text = secret.get_secret_value()
    if text.startswith(_PREFIX):
        encoded = text.removeprefix(_PREFIX)
        try:
            key = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
        except (binascii.Error, ValueError):
            raise ValueError("starts with whsec_, but what follows is not base64; copy it again") from None
    else:
        key = text.encode()
    if len(key) < 24:
        raise ValueError(
            "is too short: whsec_ and base64 of 24 bytes or more, or 24 characters of plain text"
        )
    return key


def _encode(value: Mapping[str, Any]) -> bytes:
    """One spelling for one value. Half a surrogate pair, which no UTF-8 can hold, becomes a question mark."""
    return _to_json(value).encode("utf-8", "replace")


def _iso(now: int) -> str:
    return datetime.fromtimestamp(now / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
