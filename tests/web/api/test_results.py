"""What came in, what goes out and where, over the API; and the line, paused and resumed."""

import base64
import time
from dataclasses import replace
from urllib.parse import quote

import pytest

from relay.generation.adopt import running_elsewhere
from relay.models.connection import Pause
from relay.models.queue import CallOutcome, QueueLimits, StatusPoll
from tests.store.contract.archive import kept
from tests.store.contract.make import NOW, accept, result
from tests.web.api.client import VOICE, Caller, errors, problem
from tests.web.conftest import OpenSite
from tests.web.site import N8N
from tests.wire import generation


@pytest.fixture
def caller(open_site: OpenSite) -> Caller:
    return Caller(open_site(CREATIVEAI_API_KEY="key-of-the-test", **N8N))


# ---- generations


def test_what_was_started_elsewhere_is_adopted_once(caller: Caller) -> None:
    answer = caller.post("/api/generations", {"id": "vgen_i2v_1", "context": {"sku": "MUG-1"}})
    assert answer.status_code == 201
    job = caller.get(answer.headers["Location"]).json
    assert (job["kind"], job["source"], job["status"]) == ("image-to-video", "elsewhere", "processing")
    assert (job["generation_id"], job["poll_at"]) == ("vgen_i2v_1", job["created_at"])
    again = caller.post("/api/generations", {"id": "vgen_i2v_1"})
    assert (again.status_code, again.json["id"]) == (200, job["id"])


def test_what_a_second_caller_knows_of_it_is_added(caller: Caller) -> None:
    caller.post("/api/generations", {"id": "vgen_1", "context": {"row": "4"}})
    again = caller.post("/api/generations", {"id": "vgen_1", "context": {"row": "5", "sku": "MUG-1"}})
    assert (again.status_code, again.json["context"]) == (200, {"row": "4", "sku": "MUG-1"})
    caller.site.post(generation("vgen_1"))
    assert caller.get("/api/generations/vgen_1").json["context"] == {"row": "4", "sku": "MUG-1"}


def test_its_context_goes_to_the_result_that_comes(caller: Caller) -> None:
    caller.post("/api/generations", {"id": "vgen_1", "context": {"sku": "MUG-1"}})
    caller.site.post(generation("vgen_1"))
    found = caller.get("/api/generations/vgen_1").json
    assert (found["status"], found["context"]) == ("completed", {"sku": "MUG-1"})
    assert caller.get(f"/api/jobs/{found['job_id']}").json["status"] == "completed"


def test_a_context_that_comes_after_the_result_is_kept_too(caller: Caller) -> None:
    caller.site.post(generation("vgen_1"))
    assert caller.post("/api/generations", {"id": "vgen_1", "context": {"sku": "M"}}).status_code == 201
    assert caller.get("/api/generations/vgen_1").json["context"] == {"sku": "M"}


def test_an_id_that_tells_nothing_needs_its_kind(caller: Caller) -> None:
    assert list(errors(caller.post("/api/generations", {"id": "8d1f"}))) == ["kind"]
    job = caller.post("/api/generations", {"id": "8d1f", "kind": "upscale"}).json
    assert (job["kind"], job["output_kind"]) == ("upscale", "image")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"id": ""}, "id"),
        ({"id": "a/b", "kind": "voice"}, "id"),
        ({"id": "vgen_\u0085"}, "id"),
        ({"id": "v" * 201, "kind": "voice"}, "id"),
        ({"id": "vgen_1", "kind": "hologram"}, "kind"),
        ({"id": "vgen_1", "kind": "image"}, "kind"),
        ({"id": "vgen_1", "context": {"": "x"}}, "context"),
    ],
)
def test_what_cannot_be_followed_is_refused(caller: Caller, body: dict[str, object], field: str) -> None:
    assert field in errors(caller.post("/api/generations", body))
    assert caller.get("/api/jobs").json["items"] == []


def test_a_generation_has_its_results_and_files(caller: Caller) -> None:
    caller.site.post(generation("vgen_1", "processing", output_url=None))
    caller.site.post(generation("vgen_1"))
    found = caller.get("/api/generations/vgen_1").json
    assert [each["status"] for each in found["results"]] == ["processing", "completed"]
    (output,) = found["results"][1]["outputs"]
    assert output["url"] == "https://cdn.creativeai.run/output/vgen_1.mp4"
    assert (output["archived_url"], output["archived_until"]) == ("", None)
    assert caller.get(f"/api/events/{found['results'][1]['event_id']}").status_code == 200
    listed = caller.get("/api/generations").json["items"]
    assert listed == [{name: value for name, value in found.items() if name != "results"}]
    problem(caller.get("/api/generations/vgen_2"), 404)


def test_a_result_tells_our_batch_and_the_vendors(caller: Caller) -> None:
    job = replace(running_elsewhere("vgen_1", {}), batch_id="list-1")
    caller.site.store.create_jobs([job], now=NOW)
    accept(caller.site.store, result("vgen_1", vendor_batch_id="vb_1"), to=())
    (found,) = caller.get("/api/generations/vgen_1").json["results"]
    assert (found["batch_id"], found["vendor_batch_id"]) == ("list-1", "vb_1")


def test_a_copy_of_our_own_is_linked_beside_the_vendors(open_site: OpenSite) -> None:
    caller = Caller(open_site(ARCHIVE="local", PUBLIC_URL="https://relay.example.com"))
    caller.site.post(generation("vgen_1"))
    now = time.time_ns() // 1_000_000 + 1000
    (claimed,), _ = caller.site.store.claim_copies(now=now, lease_until=now + 1000, first=1, later=1)
    assert caller.site.store.settle_copies([kept(claimed)], now=now) == []
    (output,) = caller.get("/api/generations/vgen_1").json["results"][0]["outputs"]
    assert output["archived_url"].startswith("https://relay.example.com/files/")
    assert output["archived_until"] is None
    assert (output["type"], output["size"]) == ("image/png", 100)


# ---- events and deliveries


def test_an_event_is_there_to_the_byte(caller: Caller) -> None:
    raw = b'{"id": "vgen_1",  "status": "completed", "prompt": "caf\xc3\xa9"}'
    caller.site.post(raw)
    (listed,) = caller.get("/api/events").json["items"]
    event = caller.get(f"/api/events/{listed['id']}").json
    assert base64.b64decode(event["body_base64"]) == raw
    assert event["body"] == raw.decode()
    assert event["headers"]["x-creativeai-signature"].startswith("sha256=")
    assert event["secret"] == "CREATIVEAI_WEBHOOK_SECRET"
    problem(caller.get("/api/events/evt_unknown"), 404)


def test_a_delivery_tells_each_attempt(caller: Caller) -> None:
    caller.site.post(generation("vgen_1"))
    delivery_id = caller.site.deliver(note="Taken.", answer="ok")
    delivery = caller.get(f"/api/deliveries/{delivery_id}").json
    assert (delivery["status"], delivery["connection"], delivery["attempt_count"]) == (
        "delivered",
        "webhook",
        1,
    )
    (attempt,) = delivery["attempts"]
    assert (attempt["outcome"], attempt["started_at"]) == ("done", "2026-02-25T06:13:20.000Z")
    assert (attempt["message"], attempt["response"]) == ("Taken.", "ok")
    problem(caller.get("/api/deliveries/dlv_unknown"), 404)


def test_deliveries_are_chosen_by_status_connection_and_generation(caller: Caller) -> None:
    for name in ("vgen_1", "vgen_2"):
        caller.site.post(generation(name))
    for query, count in (
        ({"status": "pending"}, 2),
        ({"status": "failed"}, 0),
        ({"generation_id": "vgen_1"}, 1),
        ({"connection": "webhook"}, 2),
        ({"connection": "slack"}, 0),
    ):
        assert len(caller.get("/api/deliveries", **query).json["items"]) == count, query


def test_a_replay_counts_first_and_then_sends_again(caller: Caller) -> None:
    caller.site.post(generation("vgen_1"))
    delivery_id = caller.site.deliver()
    chosen = {"ids": [delivery_id, delivery_id, "dlv_unknown"]}
    assert caller.post("/api/deliveries/replay", chosen | {"dry_run": True}).json == {
        "count": 1,
        "summary": "",
        "dry_run": True,
    }
    assert caller.get(f"/api/deliveries/{delivery_id}").json["status"] == "delivered"
    assert caller.post("/api/deliveries/replay", chosen).json == {
        "count": 1,
        "summary": "1 delivery will be resent.",
        "dry_run": False,
    }
    assert caller.get(f"/api/deliveries/{delivery_id}").json["due_at"] is not None


@pytest.mark.parametrize(
    "body", [{}, {"dry_run": True}, {"ids": []}, {"ids": [""]}, {"connection": ""}, {"status": "skipped"}]
)
def test_a_replay_of_nothing_in_particular_is_refused(caller: Caller, body: dict[str, object]) -> None:
    caller.site.post(generation("vgen_1"))
    delivery_id = caller.site.deliver()
    assert errors(caller.post("/api/deliveries/replay", body))
    assert caller.get(f"/api/deliveries/{delivery_id}").json["due_at"] is None


# ---- where results go


def test_a_connection_says_why_it_stands_still_and_what_waits(caller: Caller) -> None:
    caller.site.post(generation("vgen_1"))
    caller.site.store.pause("webhook", Pause(since=1_800_000_000_000, why="answered 401", until=None))
    (connection,) = caller.get("/api/connections").json["items"]
    assert connection["pause"] == {
        "since": "2027-01-15T08:00:00.000Z",
        "until": None,
        "reason": "answered 401",
    }
    assert (connection["name"], connection["state"], connection["waiting"]) == ("webhook", "paused", 1)
    assert "n8n.example.com" not in caller.get("/api/connections").text


# ---- the line


def test_the_queue_says_how_it_stands(open_site: OpenSite) -> None:
    caller = Caller(open_site(CREATIVEAI_API_KEY="key-of-the-test", CREATIVEAI_CREDITS_PER_DAY="100"))
    caller.made(VOICE)
    line = caller.get("/api/queue").json
    assert (line["waiting"], line["running"], line["held"], line["pause"]) == (1, 0, 0, None)
    assert (line["credits_used"], line["limits"]["credits_per_day"]) == (0.0, 100.0)
    assert line["limits"]["videos_at_once"] == 3


def test_the_queue_is_paused_with_a_reason_and_goes_on(caller: Caller) -> None:
    paused = caller.post("/api/queue/pause", {"reason": "Sale is over"}).json["pause"]
    assert (paused["reason"], paused["until"]) == ("Sale is over", None)
    assert caller.get("/api/queue").json["pause"] == paused
    for _ in range(2):
        assert caller.post("/api/queue/resume").json["pause"] is None


def test_without_a_key_there_is_no_queue_to_pause(open_site: OpenSite) -> None:
    caller = Caller(open_site())
    for path, body in (("/api/queue/pause", {"reason": "x"}), ("/api/queue/resume", None)):
        assert "CREATIVEAI_API_KEY" in problem(caller.post(path, body), 409)


def test_a_tick_asks_about_what_runs_and_wakes_the_worker(caller: Caller) -> None:
    store, now = caller.site.store, time.time_ns() // 1_000_000
    store.create_jobs([running_elsewhere("vgen_1", {})], now=now - 120_000)
    look = store.claim_call("a", QueueLimits(), now=now - 100_000, lease_until=now)
    assert isinstance(look, StatusPoll)
    store.end_call(CallOutcome(look, now - 99_000, due_at=now + 600_000))
    waiter, began = store.listen(), time.monotonic()
    assert caller.post("/tasks/tick").json == {"refreshed": 1}
    waiter.wait(60)
    waiter.close()
    assert time.monotonic() - began < 30
    job = store.job(look.job_id)
    assert job is not None
    assert job.poll_at is not None
    assert job.poll_at < now + 600_000
    assert caller.post("/tasks/tick").json == {"refreshed": 0}


@pytest.mark.parametrize("generation_id", ["acme/vgen_1", "a/b/c", "vgen_1/", "vgen_1", "a b/c?d"])
def test_a_generation_is_read_by_its_id_whatever_that_holds(caller: Caller, generation_id: str) -> None:
    caller.site.post(generation(generation_id))
    for path in {quote(generation_id, safe=""), quote(generation_id)}:
        assert caller.get(f"/api/generations/{path}").json["id"] == generation_id
