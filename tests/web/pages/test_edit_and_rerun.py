"""Edit and rerun: the form has all that the job was made with, and sent untouched it makes the same job."""

import re
import time
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest

from relay.generation import JobRequest, request_job
from relay.models.job import Job, Source
from relay.models.queue import QueueLimits
from tests.web.pages.test_jobs import form_of
from tests.web.site import N8N, Site

OpenSite = Callable[..., Site]
LINK = "https://example.com/a.png"
CHINESE = "杯子在灯光下慢慢转动。" * 200  # 2,200 characters, 6,600 bytes
DATA = {"type": "line", "labels": ["Q1", "Q2"], "datasets": [{"label": "Revenue", "data": [1.5, 2.0]}]}
CLIP = {"prompt": "A mug turns"}
CASES: dict[str, tuple[str, dict[str, Any], dict[str, str]]] = {
    "the product's handle": ("text-to-video", CLIP, {"handle": "blue-mug", "sku": "MUG-1"}),
    "a row of a sheet": ("text-to-video", CLIP, {"row": "17"}),
    "names of their own": ("text-to-video", CLIP, {"campaign": "Winter", "Käufer & Co": 'a "b" <c>'}),
    "the four fields": (
        "text-to-video",
        CLIP,
        {"sku": "MUG-1", "product_id": "7", "title": "A mug", "alt_text": "A blue mug on a table"},
    ),
    "a long text": ("text-to-video", {"prompt": CHINESE}, {"sku": "MUG-1", "note": CHINESE[:2000]}),
    "a text of several lines": ("text-to-video", {"prompt": "One\nTwo"}, {"note": "One\nTwo"}),
    "a chart's title and the context's": (
        "chart-to-video",
        {"chart_image_url": LINK, "title": "Revenue"},
        {"title": "Annual report"},
    ),
    "a chart without a title": ("chart-to-video", {"chart_data": DATA}, {"title": "Annual report"}),
    "what is not the default": (
        "text-to-video",
        CLIP
        | {"sound": False, "failover": False, "duration": 9, "character_references": [LINK, f"{LINK}?b"]},
        {},
    ),
    "scenes": ("multi-shot", CLIP | {"multi_shot_prompts": ["It lands.", "It\nflies."]}, {}),
    "a batch of words": ("video-batch", {"prompts": [CLIP, {"prompt": "[A bowl]"}]}, {}),
    "a batch with pictures": ("video-batch", {"prompts": [CLIP | {"image_url": LINK}, CLIP]}, {"row": "3"}),
}


@pytest.fixture
def shop(open_site: OpenSite) -> Site:
    site = open_site(CREATIVEAI_API_KEY="rph_key_of_this_test", **N8N)
    site.sign_in()
    return site


def made(site: Site, kind: str, job_input: dict[str, Any], context: dict[str, str]) -> Job:
    request = JobRequest(kind, job_input, Source.API, context=context)
    now = time.time_ns() // 1_000_000
    created = request_job(site.store, request, account="key", limits=QueueLimits(), now=now)
    return the_job(site, created.job_id)


def the_job(site: Site, job_id: str) -> Job:
    job = site.store.job(job_id)
    assert job is not None
    return job


def link_of(site: Site, job: Job) -> str:
    page = site.client.get(f"/jobs/{job.id}").text
    (link,) = re.findall(rf'href="(/create/{job.kind}\?[^"]+)">Edit and rerun', page)
    return unescape(str(link))


@pytest.mark.heavy
@pytest.mark.parametrize("name", CASES)
def test_the_form_sent_untouched_makes_the_same_job(shop: Site, name: str) -> None:
    job = made(shop, *CASES[name])
    link = link_of(shop, job)
    assert len(link) < 100
    page = shop.client.get(link)
    assert page.status_code == 200
    given = {unescape(name): text.replace("\n", "\r\n") for name, text in form_of(page.text).items()}
    answer = shop.client.post(f"/create/{job.kind}", data=given)
    assert answer.status_code == 303, re.findall(r'class="fault"[^>]*>.*?</p>', answer.text)
    again = the_job(shop, answer.headers["Location"].rpartition("/")[2])
    assert again.id != job.id
    assert (dict(again.input), dict(again.context)) == (dict(job.input), dict(job.context))


def test_an_entry_without_a_field_of_its_own_can_be_changed(shop: Site) -> None:
    job = made(shop, "text-to-video", CLIP, {"handle": "blue-mug"})
    given = form_of(shop.client.get(link_of(shop, job)).text) | {"context.handle": "red-mug", "prompt": " "}
    refused = shop.client.post("/create/text-to-video", data=given)
    assert refused.status_code == 422
    kept = form_of(refused.text) | {"prompt": "A red mug turns"}
    place = shop.client.post("/create/text-to-video", data=kept).headers["Location"]
    assert dict(the_job(shop, place.rpartition("/")[2]).context) == {"handle": "red-mug"}


def test_another_kind_takes_the_context_alone(shop: Site) -> None:
    job = made(shop, "text-to-video", CLIP, {"handle": "blue-mug"})
    given = form_of(shop.client.get(f"/create/upscale?from={job.id}&image_url={LINK}").text)
    assert (given["image_url"], given["context.handle"]) == (LINK, "blue-mug")


def test_a_job_that_is_not_there_is_not_found(shop: Site) -> None:
    assert shop.client.get("/create/text-to-video?from=job_unknown").status_code == 404
