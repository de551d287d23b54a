"""A signed test webhook, sent to this relay through its public address: do webhooks arrive?"""

import time
from typing import Literal

from relay import diagnostics
from relay.bootstrap.app import make_http, read_secrets
from relay.bootstrap.configuration import Configuration
from relay.errors import RemoteError
from relay.http.client import check_url


def post(configuration: Configuration, *, status: str, to: str = "") -> tuple[str, bool]:
    """A sentence, and whether the relay accepted it."""
    settings = configuration.settings
    address = (to or settings.own_url).rstrip("/")
    try:
        http = make_http(settings, check_url(address).authority)
    except RemoteError as error:
        return f"{address} was not reached: {error.message}", False
    outcome: Literal["completed", "failed"] = "failed" if status == "failed" else "completed"
    now = time.time_ns() // 1_000_000
    secrets, own_url = read_secrets(configuration), settings.own_url
    taken, sentence = diagnostics.send_sample(
        secrets, address, http, own_url=own_url, status=outcome, now=now
    )
    return sentence, taken
