"""What keeps jobs waiting, and until when: the same sentence in API, queue, Home, job page and settings."""

import re
import time
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest

from relay.bootstrap.queue import account
from relay.config.settings import Settings
from relay.models.job import JobStatus
from relay.models.queue import CallOutcome, CallResult, QueueLimits, RateLimitInfo, Submission
from tests.web.api.client import VIDEO, VOICE, Caller
from tests.web.conftest import OpenSite
from tests.web.site import Site

API_KEY = "key-of-the-test"
ACCOUNT = account(Settings(creativeai_api_key=API_KEY))
PLENTY = QueueLimits(1000, 1000, 1000, 1000, 1000)
DAY = 86_400_000
Cause = Callable[[Site], None]


def moment() -> int:
    return time.time_ns() // 1_000_000


def sent(site: Site) -> Submission:
    call = site.store.claim_call(ACCOUNT, PLENTY, now=moment(), lease_until=moment() + 10_000)
    assert isinstance(call, Submission)
    return call


def a_full_day(site: Site) -> None:
    call = sent(site)
    site.store.keep_result(
        CallResult(call, moment(), "vgen_1", ("vgen_1",), None, "response", credits=30), []
    )


def a_429_for_a_day(site: Site) -> None:
    call, at = sent(site), moment()
    why = "CreativeAI accepts no more requests at the moment (429): 100 videos in 24 hours."
    site.store.end_call(CallOutcome(call, at, JobStatus.QUEUED, why, due_at=at, hold_bucket_until=at + DAY))


def headers_without_requests(site: Site) -> None:
    call, at = sent(site), moment()
    left = RateLimitInfo(100, 0, at + DAY)
    site.store.end_call(CallOutcome(call, at, JobStatus.FAILED, "No.", rate_limit=left))


def a_pause(site: Site) -> None:
    site.store.pause_queue(ACCOUNT, "Sale is over.", now=moment())


def a_used_budget(site: Site) -> None:
    a_full_day(site)


def words(page: Any) -> str:
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page.text)))


@pytest.mark.parametrize(
    ("cause", "environ", "sentence", "resumes"),
    [
        (
            a_full_day,
            {"CREATIVEAI_VIDEOS_PER_DAY": "1"},
            "1 of 1 videos today; the next place is free at",
            False,
        ),
        (a_429_for_a_day, {}, "100 videos in 24 hours. No videos are sent until", True),
        (headers_without_requests, {}, "the API key has no requests left. Nothing is sent until", True),
        (a_pause, {}, "Queue paused: Sale is over. Nothing is sent until you resume the queue.", True),
        (a_used_budget, {"CREATIVEAI_CREDITS_PER_DAY": "65"}, "30 of 65 credits used today", False),
    ],
)
def test_all_places_say_the_same(
    open_site: OpenSite, cause: Cause, environ: dict[str, str], sentence: str, resumes: bool
) -> None:
    caller = Caller(open_site(CREATIVEAI_API_KEY=API_KEY, **environ))
    site = caller.site
    caller.made(VIDEO)
    cause(site)
    waits = caller.made(VIDEO)
    job = caller.get(f"/api/jobs/{waits}").json
    assert sentence in job["status_reason"]
    listed = {each["id"]: each["status_reason"] for each in caller.get("/api/jobs").json["items"]}
    assert listed[waits] == job["status_reason"]
    site.sign_in()
    for path in (f"/jobs/{waits}", "/jobs", "/"):
        assert job["status_reason"] in words(site.client.get(path)), path
    if cause is a_pause:
        assert job["queue_position"]["starts_in_seconds"] is None
    else:
        assert job["queue_position"]["starts_in_seconds"] == pytest.approx(86_400, rel=0.1)
    queue = caller.get("/api/queue").json
    assert queue["state"] == ("paused" if cause is a_pause else "limited")
    assert sentence in queue["reason"]
    for path in ("/settings", "/create/text-to-video"):
        assert queue["reason"] in words(site.client.get(path)), path
    assert ("Resume queue" in words(site.client.get("/settings"))) is resumes
    if resumes:
        assert caller.post("/api/queue/resume").json["state"] == "ready"
        assert caller.get(f"/api/jobs/{waits}").json["status_reason"] == ""
        assert isinstance(sent(site), Submission)


def test_a_hold_is_of_its_rate_limit_alone(open_site: OpenSite) -> None:
    caller = Caller(open_site(CREATIVEAI_API_KEY=API_KEY))
    caller.made(VIDEO)
    a_429_for_a_day(caller.site)
    voice = caller.get(f"/api/jobs/{caller.made(VOICE)}").json
    assert (voice["status_reason"], voice["queue_position"]["starts_in_seconds"]) == ("", 0)
    (hold,) = caller.get("/api/queue").json["holds"]
    assert hold["rate_bucket"] == "video"
    assert "100 videos in 24 hours" in hold["reason"]


def test_the_videos_of_the_day_are_shown(open_site: OpenSite) -> None:
    caller = Caller(open_site(CREATIVEAI_API_KEY=API_KEY))
    caller.made(VIDEO)
    a_full_day(caller.site)
    assert caller.get("/api/queue").json["videos_today"] == 1
    caller.site.sign_in()
    for path in ("/", "/settings"):
        assert "Videos in the last 24 hours 1 of 100" in words(caller.site.client.get(path))
