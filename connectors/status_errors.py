"""What an HTTP status means where a service has no closer explanation.

https://www.rfc-editor.org/rfc/rfc9110#name-status-codes
"""

from collections.abc import Mapping

from relay.errors import RemoteError, Whose
from relay.http.client import HttpResponse

_CONNECTION_FAULTS = {
    101: "it speaks another protocol, such as WebSocket. Enter the address of a webhook.",
    401: "it does not accept the key. Enter it again.",
    402: "its plan or its credit is used up. Renew it there, then resume the connection.",
    403: "it refuses this relay. Allow it there.",
    404: "nothing listens at this address. Check it.",
    405: "POST is refused at this address. Enter the address of a webhook.",
    406: "JSON is refused at this address. Enter the address of a webhook that does.",
    410: "it accepts no more results. Enter another address, or remove the connection.",
    415: "JSON is refused at this address. Enter the address of a webhook that does.",
}


def status_error(answer: HttpResponse, excerpt: str, now: int, faults: Mapping[int, str]) -> RemoteError:
    """For an answer that is no success. `now` is in ms.

    `faults` has the service's own sentences for statuses that no other result would change: these pause the
    connection, as do redirects and those above in any case.
    """
    status = answer.status
    whose, meaning = _fault(status, _CONNECTION_FAULTS | dict(faults))
    return RemoteError(
        f"{answer.host} answered {status}: {meaning}",
        whose,
        ambiguous=status >= 500,
        retry_after=answer.retry_after(now) if whose == "transient" else None,
        status=status,
        answer=excerpt,
    )


def _fault(status: int, connection_faults: Mapping[int, str]) -> tuple[Whose, str]:
    if status in connection_faults:
        return "connection", connection_faults[status]
    if 300 <= status < 400:
        return "connection", "a redirect, which is not followed. Enter the final address."
    if status in (408, 425, 429):
        return "transient", "the service is busy. The relay retries automatically."
    if status >= 500:
        return "transient", "it failed; its own log may have the reason. The relay retries automatically."
    return "record", "it does not take this result. Its words are in the attempt's answer."
