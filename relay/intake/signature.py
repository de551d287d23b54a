"""Verifies a webhook's signature: HMAC-SHA256 over the raw body, as `X-CreativeAI-Signature: sha256=<hex>`.

CreativeAI's reference, "Webhook Payload Examples": no timestamp is signed, so the signature proves who
sent a body, never when.
"""

import hmac
import re
from collections.abc import Mapping

from relay.errors import SignatureError, UnsignedError

_SHAPE = re.compile(r"sha256=([0-9a-fA-F]{64})")


def verify(body: bytes, header: str | None, secrets: Mapping[str, bytes]) -> str:
    """The name of the secret that signed `body`. Raises UnsignedError without a header, SignatureError.

    Every secret is compared, each in constant time, so that neither the time nor the answer reveals which
    one came close.
    """
    if not secrets:
        raise SignatureError("no secret is configured: set CREATIVEAI_WEBHOOK_SECRET or CREATIVEAI_API_KEY")
    if header is None:
        raise UnsignedError("the header X-CreativeAI-Signature is missing")
    shape = _SHAPE.fullmatch(header)
    if shape is None:
        raise SignatureError("the header X-CreativeAI-Signature is not sha256= and 64 hex digits")
    given = bytes.fromhex(shape[1])
    matching = [
        name
        for name, secret in secrets.items()
        if hmac.compare_digest(hmac.new(secret, body, "sha256").digest(), given)
    ]
    if not matching:
        raise SignatureError("no configured secret signed this body")
    return matching[0]
