"""Jobs over the API: asked for once however often the request comes, and decided about."""

import json
import time

import pytest
from urllib3 import encode_multipart_formdata
from werkzeug.test import TestResponse

from relay.generation.kinds import kinds
from relay.models.job import JobStatus
from relay.models.queue import CallOutcome, QueueLimits, Submission
from tests.generation.kinds.test_image_size import png
from tests.web.api.client import VIDEO, VOICE, Caller, errors, problem
from tests.web.conftest import OpenSite
from tests.web.site import N8N

KEY = {"CREATIVEAI_API_KEY": "key-of-the-test"}
EDIT = {"kind": "image-edit", "input": {"prompt": "White background."}, "context": {"sku": "MUG-1"}}
PNG = png(640, 480)


@pytest.fixture
def caller(open_site: OpenSite) -> Caller:
    return Caller(open_site(**KEY, **N8N))


def sent(caller: Caller) -> Submission:
    """The next job, in the worker's hand."""
    now = time.time_ns() // 1_000_000 + 5
    call = caller.site.store.claim_call("a", QueueLimits(), now=now, lease_until=now + 10_000)
    assert isinstance(call, Submission)
    return call


def ended(caller: Caller, status: JobStatus) -> None:
    """The worker sent the next job, and it ended so."""
    call = sent(caller)
    now = time.time_ns() // 1_000_000 + 6
    assert caller.site.store.end_call(CallOutcome(call, now, status, status_reason="It ended so."))


# ---- asking


def test_a_job_is_queued_with_its_context(caller: Caller) -> None:
    answer = caller.post("/api/jobs", VOICE | {"context": {"sku": "MUG-1"}})
    assert answer.status_code == 201
    assert answer.headers["Location"] == f"/api/jobs/{answer.json['id']}"
    job = caller.get(answer.headers["Location"]).json
    assert (job["status"], job["source"], job["context"]) == ("queued", "api", {"sku": "MUG-1"})
    assert (job["estimate"], job["generations"]) == (8.0, [])
    assert job["queue_position"] == {"position": 1, "running": 0, "starts_in_seconds": 0}


@pytest.mark.parametrize(
    ("label", "text"),
    [
        ("40012", "40012"),
        ("40012", 40012),
        ("-7", -7),
        ("1.5", 1.5),
        ("40012.0", 40012.0),
        ("true", True),
        ("false", False),
        ("0", 0),
        ("1" + "0" * 200, 10**200),
        ("", ""),
    ],
)
def test_a_label_that_is_a_number_is_taken_as_text(caller: Caller, label: str, text: object) -> None:
    answer = caller.post("/api/jobs", VOICE | {"context": {"sku": text, "title": "Mug"}})
    assert answer.status_code == 201
    job = caller.get(answer.headers["Location"]).json
    assert job["context"] == {"sku": label, "title": "Mug"}


@pytest.mark.heavy
@pytest.mark.parametrize("label", [{"a": 1}, {}, ["a"], [], None])
@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/jobs", VOICE),
        ("/api/generations", {"id": "vgen_1"}),
        ("/api/samples", {}),
        ("/api/pipelines", {"steps": [{"name": "one", **VOICE}]}),
    ],
)
def test_a_label_that_is_neither_is_refused_by_name(
    caller: Caller, path: str, body: dict[str, object], label: object
) -> None:
    found = errors(caller.post(path, body | {"context": {"sku": "MUG-1", "row": label}}))
    assert list(found) == ["context.row"]
    assert found["context.row"].startswith("Give a text, a number, true or false")


@pytest.mark.heavy
@pytest.mark.parametrize("number", ["1e999", "-1e400", "NaN", "Infinity", "-Infinity", "9" * 400, "9" * 5000])
@pytest.mark.parametrize(
    ("body", "field"),
    [
        ('{"kind": "text-to-video", "input": {"prompt": "A mug", "duration": %s}}', "input.duration"),
        ('{"kind": "voice", "input": {"text": "Hello.", "speed": %s}}', "input.speed"),
        ('{"kind": "voice", "input": {"text": "Hello."}, "context": {"row": %s}}', "context.row"),
        (
            '{"kind": "chart-to-video", "input": {"chart_data": {"datasets": [{"data": [1, %s]}]}}}',
            "input.chart_data.datasets.0.data.1",
        ),
        ('{"kind": "voice", "input": {"text": "Hello."}, "unknown": [{"deep": %s}]}', "unknown.0.deep"),
        ('{"kind": %s, "input": {}}', "kind"),
    ],
)
def test_a_number_that_cannot_be_held_is_refused_by_name_and_never_the_default(
    caller: Caller, body: str, field: str, number: str
) -> None:
    answer = caller.post("/api/jobs", data=body % number, content_type="application/json")
    assert list(errors(answer)) == [field]
    assert caller.get("/api/jobs").json["items"] == []


def test_a_number_that_cannot_be_held_is_refused_in_a_form_too(caller: Caller) -> None:
    job = '{"kind": "image-edit", "input": {"prompt": "White background.", "n": 1e999}}'
    body, kind = encode_multipart_formdata({"job": job, "image": ("a.png", PNG, "image/png")})
    assert list(errors(caller.post("/api/jobs", data=body, content_type=kind))) == ["input.n"]


def test_the_same_key_makes_one_job_however_often_it_comes(caller: Caller) -> None:
    answers = [caller.post("/api/jobs", VOICE, key="order-1") for _ in range(3)]
    assert [each.status_code for each in answers] == [201, 200, 200]
    assert len({each.json["id"] for each in answers}) == 1
    assert len(caller.get("/api/jobs").json["items"]) == 1


def test_a_key_stands_for_one_request_only(caller: Caller) -> None:
    caller.post("/api/jobs", VOICE, key="order-1")
    for other in (VIDEO, VOICE | {"input": {"text": "Bye."}}, VOICE | {"context": {"sku": "X"}}):
        assert list(errors(caller.post("/api/jobs", other, key="order-1"))) == ["Idempotency-Key"]
    assert len(caller.get("/api/jobs").json["items"]) == 1


def test_a_key_counts_for_one_token_only(caller: Caller) -> None:
    caller.post("/api/jobs", VOICE, key="1")
    assert Caller(caller.site, token="cr_other").post("/api/jobs", VOICE, key="1").status_code == 201


def test_a_key_that_is_empty_or_too_long_is_refused_not_ignored(caller: Caller) -> None:
    for key in ("", "x" * 201):
        assert list(errors(caller.post("/api/jobs", VOICE, key=key))) == ["Idempotency-Key"]
    assert caller.get("/api/jobs").json["items"] == []


def test_a_wrong_input_names_the_fields_where_they_stand(caller: Caller) -> None:
    job_input = {"prompt": "", "duration": 99, "colour": "red"}
    found = errors(
        caller.post("/api/jobs", {"kind": "text-to-video", "input": job_input, "context": {"": "x"}})
    )
    assert set(found) == {"input.prompt", "input.duration", "input.colour", "context"}
    assert list(errors(caller.post("/api/jobs", {"kind": "hologram", "input": {}}))) == ["kind"]


def test_nothing_is_taken_that_nobody_could_send(open_site: OpenSite) -> None:
    caller = Caller(open_site(**N8N))
    assert "CREATIVEAI_API_KEY" in problem(caller.post("/api/jobs", VOICE), 409)
    assert caller.get("/api/jobs").json["items"] == []


def test_what_no_days_budget_covers_is_refused(open_site: OpenSite) -> None:
    caller = Caller(open_site(CREATIVEAI_CREDITS_PER_DAY="20", **KEY))
    assert "CREATIVEAI_CREDITS_PER_DAY" in errors(caller.post("/api/jobs", VIDEO))["input"]
    assert caller.post("/api/jobs", VOICE).status_code == 201


def test_more_videos_than_a_day_allows_are_refused(open_site: OpenSite) -> None:
    caller = Caller(open_site(CREATIVEAI_VIDEOS_PER_DAY="10", **KEY))
    prompts = [{"prompt": f"Mug {number}"} for number in range(11)]
    why = errors(caller.post("/api/jobs", {"kind": "video-batch", "input": {"prompts": prompts}}))["input"]
    assert "This makes 11 videos, and the limit Videos a day (CREATIVEAI_VIDEOS_PER_DAY) is 10." in why
    assert "Nothing was sent or charged." in why
    assert caller.get("/api/jobs").json["items"] == []
    kept = {"kind": "video-batch", "input": {"prompts": prompts[:10]}}
    assert caller.post("/api/jobs", kept).status_code == 201


# ---- with files


Part = str | tuple[str, bytes, str]
MUG = ("mug.png", PNG, "image/png")


def post_form(caller: Caller, *parts: tuple[str, Part], key: str | None = None) -> TestResponse:
    """Each part a text, or (file name, content, type)."""
    body, content_type = encode_multipart_formdata(parts)
    return caller.post("/api/jobs", key=key, data=body, content_type=content_type)


JOB = ("job", json.dumps(EDIT))


def test_files_travel_beside_the_job(caller: Caller) -> None:
    answer = post_form(caller, JOB, ("image", MUG))
    assert answer.status_code == 201, answer.text
    (kept,) = caller.site.store.files(answer.json["id"])
    assert (kept.name, kept.filename, kept.type, kept.content) == ("image", "mug.png", "image/png", PNG)


def test_the_job_may_itself_be_a_file_of_the_form(caller: Caller) -> None:
    job = ("job", ("job.json", json.dumps(EDIT).encode(), "application/json"))
    assert post_form(caller, job, ("image", MUG)).status_code == 201


def test_one_key_with_another_file_is_another_request(caller: Caller) -> None:
    assert post_form(caller, JOB, ("image", MUG), key="1").status_code == 201
    assert post_form(caller, JOB, ("image", MUG), key="1").status_code == 200
    other = ("mug.png", PNG + b"more", "image/png")
    assert list(errors(post_form(caller, JOB, ("image", other), key="1"))) == ["Idempotency-Key"]


def test_a_missing_a_wrong_and_an_unknown_file_are_named(caller: Caller) -> None:
    assert list(errors(caller.post("/api/jobs", EDIT))) == ["image"]
    assert list(errors(post_form(caller, JOB, ("image", ("a.txt", b"x", "text/plain"))))) == ["image"]
    assert list(errors(post_form(caller, JOB, ("image", MUG), ("hat", MUG)))) == ["hat"]
    assert list(errors(post_form(caller, JOB, ("image", MUG), ("image", MUG)))) == ["image"]


def test_a_form_without_its_job_or_with_more_than_it_says_so(caller: Caller) -> None:
    assert list(errors(post_form(caller, ("image", MUG)))) == ["job"]
    assert list(errors(post_form(caller, JOB, JOB))) == ["job"]
    assert list(errors(post_form(caller, JOB, ("prompt", "x")))) == ["prompt"]
    problem(post_form(caller, ("job", "{"), ("image", MUG)), 400)
    nameless = b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--\r\n"
    problem(caller.post("/api/jobs", data=nameless, content_type="multipart/form-data; boundary=b"), 400)


def test_an_upload_has_a_cap_of_its_own(caller: Caller) -> None:
    problem(post_form(caller, JOB, ("image", ("a.png", bytes(41_000_001), "image/png"))), 413)
    problem(post_form(caller, ("job", "x" * 1_000_001)), 413)
    damaged = ("a.png", bytes(1_500_000), "image/png")
    assert list(errors(post_form(caller, JOB, ("image", damaged)))) == ["image"]


# ---- deciding


def test_a_waiting_job_is_canceled_once(caller: Caller) -> None:
    job_id = caller.made()
    assert caller.post(f"/api/jobs/{job_id}/cancel").json["status"] == "canceled"
    assert "is canceled and was not" in problem(caller.post(f"/api/jobs/{job_id}/cancel"), 409)


def test_a_job_that_is_being_sent_is_not_canceled(caller: Caller) -> None:
    job_id = caller.made()
    sent(caller)
    assert "is submitted" in problem(caller.post(f"/api/jobs/{job_id}/cancel"), 409)


def test_a_failed_job_is_sent_again_and_a_waiting_one_is_not(caller: Caller) -> None:
    job_id = caller.made()
    assert "is queued" in problem(caller.post(f"/api/jobs/{job_id}/retry"), 409)
    ended(caller, JobStatus.FAILED)
    assert caller.get(f"/api/jobs/{job_id}").json["status_reason"] == "It ended so."
    assert caller.post(f"/api/jobs/{job_id}/retry").json["status"] == "queued"


def test_a_held_job_follows_what_a_person_found(caller: Caller) -> None:
    job_id = caller.made()
    found = {"generation_id": "voice_1"}
    assert "is queued" in problem(caller.post(f"/api/jobs/{job_id}/link", found), 409)
    ended(caller, JobStatus.HELD)
    job = caller.post(f"/api/jobs/{job_id}/link", found).json
    assert (job["status"], job["generation_id"]) == ("processing", "voice_1")
    assert [each["id"] for each in job["generations"]] == ["voice_1"]
    assert caller.post(f"/api/jobs/{job_id}/refresh").status_code == 200


def test_there_is_nothing_to_ask_about_a_job_without_an_id(caller: Caller) -> None:
    assert "is queued" in problem(caller.post(f"/api/jobs/{caller.made()}/refresh"), 409)


@pytest.mark.parametrize("what", ["", "/cancel", "/retry", "/refresh", "/link"])
def test_an_unknown_job_is_not_found(caller: Caller, what: str) -> None:
    path = f"/api/jobs/job_unknown{what}"
    answer = caller.post(path, {"generation_id": "x"}) if what else caller.get(path)
    assert "no such job" in problem(answer, 404)


# ---- looking


def test_jobs_are_listed_by_status(caller: Caller) -> None:
    first, second = caller.made(), caller.made(VIDEO)
    caller.post(f"/api/jobs/{first}/cancel")
    listed = {
        status: [each["id"] for each in caller.get("/api/jobs", status=status).json["items"]]
        for status in ("queued", "canceled", "failed")
    }
    assert listed == {"queued": [second], "canceled": [first], "failed": []}


def test_a_job_far_back_in_the_queue_says_about_when_it_goes(caller: Caller) -> None:
    ids = [caller.made(VIDEO) for _ in range(4)]
    lines = [caller.get(f"/api/jobs/{each}").json["queue_position"] for each in ids]
    assert [each["position"] for each in lines] == [1, 2, 3, 4]
    assert lines[0]["starts_in_seconds"] == 0
    assert lines[3]["starts_in_seconds"] == 165


# ---- kinds and prices


def test_every_kind_is_listed_with_its_fields(caller: Caller) -> None:
    listed = caller.get("/api/kinds").json["items"]
    assert [each["name"] for each in listed] == [each.name for each in kinds()]
    for each in listed:
        assert caller.get(f"/api/kinds/{each['name']}").json == each
    edit = next(each for each in listed if each["name"] == "image-edit")
    assert (edit["mode"], [upload["name"] for upload in edit["uploads"]]) == ("sync", ["image", "mask"])
    assert edit["input"]["required"] == ["prompt"]
    problem(caller.get("/api/kinds/hologram"), 404)


def test_a_price_is_told_before_anything_is_spent(open_site: OpenSite) -> None:
    caller = Caller(open_site(**N8N))
    told = caller.post("/api/estimates", VOICE).json
    assert (told["credits"], told["source"]) == (8.0, "typical")
    assert "8 credits" in told["summary"]
    assert list(errors(caller.post("/api/estimates", VOICE | {"input": {}}))) == ["input.text"]
    assert list(errors(caller.post("/api/estimates", {"kind": "x", "input": {}}))) == ["kind"]
