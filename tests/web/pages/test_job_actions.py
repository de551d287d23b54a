"""What a job's page offers is what the API would do: without an API key nothing is retried or refreshed."""

import time
from collections.abc import Callable

import pytest

from relay.generation import JobRequest, request_job
from relay.models.job import Job, JobStatus, Source
from relay.models.queue import CallOutcome, CallResult, QueueLimits, Submission
from tests.web.api.client import Caller, problem
from tests.web.site import N8N, Site

OpenSite = Callable[..., Site]
KEY = {"CREATIVEAI_API_KEY": "rph_key_of_this_test"}


def job_that_is(site: Site, status: JobStatus) -> Job:
    now = time.time_ns() // 1_000_000
    request = JobRequest("text-to-video", {"prompt": "A mug"}, Source.API)
    made = request_job(site.store, request, account="a", limits=QueueLimits(), now=now - 60_000)
    call = site.store.claim_call("a", QueueLimits(), now=now - 60_000, lease_until=now)
    assert isinstance(call, Submission)
    if status is JobStatus.PROCESSING:
        ids = ("vgen_1",)
        site.store.keep_result(CallResult(call, now - 50_000, "vgen_1", ids, now + 600_000, "response"), [])
    else:
        site.store.end_call(CallOutcome(call, now - 50_000, status, "Refused."))
    found = site.store.job(made.job_id)
    assert found is not None
    assert found.status is status
    return found


@pytest.mark.parametrize(
    ("status", "action", "button"),
    [(JobStatus.FAILED, "retry", "Retry job"), (JobStatus.PROCESSING, "refresh", "Check status")],
)
@pytest.mark.parametrize("key", [{}, KEY], ids=["without a key", "with a key"])
def test_page_and_api_retry_and_refresh_only_with_an_api_key(
    open_site: OpenSite, key: dict[str, str], status: JobStatus, action: str, button: str
) -> None:
    site = open_site(**N8N, **key)
    job = job_that_is(site, status)
    site.sign_in()
    page = site.page(f"/jobs/{job.id}").text
    assert (f"<button>{button}</button>" in page) is bool(key)
    assert ("API key" in page) is not bool(key)
    if key:
        return
    assert "API key" in problem(Caller(site).post(f"/api/jobs/{job.id}/{action}"), 409)
    site.client.post(f"/jobs/{job.id}/{action}")
    after = site.store.job(job.id)
    assert after is not None
    assert (after.status, after.due_at, after.poll_at) == (job.status, job.due_at, job.poll_at)
