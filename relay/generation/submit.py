"""Sends one job to CreativeAI, once. Every outcome, errors too, is a return value."""

import logging
import random
from collections.abc import Callable

from relay.creativeai import Batch, CreativeAI, File, Generation
from relay.errors import RemoteError, StoreBusyError
from relay.generation import unclear_status
from relay.generation.call_result import call_result
from relay.generation.create_job import InputError, known_kind, read_input
from relay.generation.kinds import JobInput, Kind, SubmitContext
from relay.generation.retry_policy import after_submit
from relay.models.job import REFERENCE_PARAMETER
from relay.models.queue import CallOutcome, CallResult, Submission
from relay.store.contract.generation import QueueStore

log = logging.getLogger(__name__)


def submit(
    call: Submission, client: CreativeAI, store: QueueStore, *, public_url: str, clock: Callable[[], int]
) -> CallResult | CallOutcome:
    """Never raises. `public_url` "": the request has no webhook URL."""
    calls_back = False
    try:
        chosen, job_input, files = _prepared(call, store)
        url = webhook_url(public_url, call.reference) if chosen.webhook else ""
        calls_back = bool(url)
        response = chosen.send(client, job_input, SubmitContext(call.job_id, clock(), url, files))
        now = clock()
        _require_outcome(chosen, response)
        wait = chosen.poll_schedule.wait(0) if chosen.poll_schedule else None
        poll_at = None if wait is None else now + round(wait * 1000)
        return call_result(call, response, chosen, found_by="response", poll_at=poll_at, now=now)
    except Exception as error:
        if not isinstance(error, RemoteError):
            log.exception("submit broke", extra={"job": call.job_id})
        jitter = random.random()  # noqa: S311 - spreads load
        return after_submit(call, error, calls_back=calls_back, now=clock(), jitter=jitter)


def webhook_url(public_url: str, reference: str) -> str:
    return f"{public_url}/webhooks/creativeai?{REFERENCE_PARAMETER}={reference}" if public_url else ""


def _prepared(call: Submission, store: QueueStore) -> tuple[Kind, JobInput, dict[str, File]]:
    """What is sent. Raises RemoteError, none of them ambiguous: nothing has been sent so far."""
    try:
        chosen = known_kind(call.kind)
        files = {each.name: File(each.filename, each.type, each.content) for each in store.files(call.job_id)}
        job_input, faults = read_input(chosen, call.input)
        faults = faults or chosen.faults(files)
    except StoreBusyError as error:
        raise RemoteError(
            f"The job was not sent: {error} The relay retries automatically.", charged=False
        ) from None
    except InputError as error:  # of a kind that this version does not know
        raise _unfit(error) from None
    if job_input is None or faults:
        raise _unfit(InputError(faults))
    return chosen, job_input, files


def _require_outcome(chosen: Kind, response: Generation | Batch) -> None:
    """An answer that is the result itself cannot be polled. Raises RemoteError when it is not clear."""
    if chosen.poll is None and response.unclear:
        raise RemoteError(unclear_status.describe(response.unclear), ambiguous=True)


def _unfit(error: InputError) -> RemoteError:
    what = f"The job was not sent, so nothing was charged: {error} Use Edit and rerun, or create a new job."
    return RemoteError(what, "record", charged=False, param=next(iter(error.faults), ""))
