"""A sample goes all the way that a result goes, is marked as one everywhere, and costs nothing."""

import time
from collections.abc import Iterator
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from relay.files import media_types
from relay.intake.sample_event import PROMPT
from relay.models.queue import QueueLimits
from relay.store.sqlite.store import SqliteStore
from tests.web.api.client import TOKEN, VOICE, Caller, errors, problem
from tests.web.conftest import OpenSite
from tests.web.site import N8N
from tests.wire import Connection, Receiver, RelayProcess, request, wait_until


@pytest.fixture
def caller(open_site: OpenSite) -> Caller:
    """Without a key of CreativeAI's."""
    return Caller(open_site(PUBLIC_URL="https://relay.example.com", **N8N))


def test_a_sample_is_done_at_once_and_marked_everywhere(caller: Caller) -> None:
    answer = caller.post("/api/samples", {})
    assert answer.status_code == 201
    job = caller.get(answer.headers["Location"]).json
    assert job == answer.json
    assert (job["status"], job["source"], job["context"]) == ("completed", "sample", {"sample": "yes"})
    assert (job["input"], job["estimate"], job["credits"]) == ({"prompt": PROMPT}, 0.0, 0.0)
    assert [each["id"] for each in caller.get("/api/jobs").json["items"]] == [job["id"]]
    found = caller.get(f"/api/generations/{job['generation_id']}").json
    assert (found["kind"], found["job_id"], found["context"]) == ("video", job["id"], {"sample": "yes"})
    (result,) = found["results"]
    assert (result["prompt"], result["credits"]) == (PROMPT, 0.0)
    event = caller.get(f"/api/events/{result['event_id']}").json
    assert (event["label"], event["secret"], event["name"]) == ("sample", "", "video.generation.completed")
    assert caller.site.deliveries() == [(job["generation_id"], "completed", "pending")]


def test_a_failed_sample_says_that_it_is_one(caller: Caller) -> None:
    job = caller.post("/api/samples", {"status": "failed"}).json
    assert (job["status"], job["status_reason"]) == ("failed", "This is a sample of a failed video")
    assert caller.site.deliveries() == [(job["generation_id"], "failed", "pending")]


def test_a_failed_sample_is_neither_sent_nor_asked_about(open_site: OpenSite) -> None:
    caller = Caller(open_site(CREATIVEAI_API_KEY="key-of-the-test", **N8N))
    job = caller.post("/api/samples", {"status": "failed"}).json
    assert "was not retried" in problem(caller.post(f"/api/jobs/{job['id']}/retry"), 409)
    assert "is no sample" in problem(caller.post(f"/api/jobs/{job['id']}/refresh"), 409)
    assert caller.post("/tasks/tick").json == {"refreshed": 0}
    now = time.time_ns() // 1_000_000 + 100_000
    assert caller.site.store.claim_call("a", QueueLimits(), now=now, lease_until=now + 1000) is None
    assert caller.get("/api/queue").json["credits_used"] == 0


def test_a_context_of_ones_own_travels_with_it(caller: Caller) -> None:
    job = caller.post("/api/samples", {"context": {"sku": "MUG-1", "sample": "no"}}).json
    assert job["context"] == {"sku": "MUG-1", "sample": "yes"}
    assert list(errors(caller.post("/api/samples", {"context": {"": "x"}}))) == ["context"]
    assert caller.site.count("job") == 1


def test_the_same_key_makes_one_sample_however_often_it_comes(caller: Caller) -> None:
    answers = [caller.post("/api/samples", {}, key="1") for _ in range(3)]
    assert [each.status_code for each in answers] == [201, 200, 200]
    assert len({each.json["id"] for each in answers}) == 1
    assert list(errors(caller.post("/api/samples", {"status": "failed"}, key="1"))) == ["Idempotency-Key"]
    assert (caller.site.count("job"), caller.site.count("event"), caller.site.count("delivery")) == (1, 1, 1)
    assert caller.post("/api/samples", {}).status_code == 201


def test_a_key_that_a_job_has_makes_no_sample(open_site: OpenSite) -> None:
    caller = Caller(open_site(CREATIVEAI_API_KEY="key-of-the-test", **N8N))
    caller.post("/api/jobs", VOICE, key="1")
    assert list(errors(caller.post("/api/samples", {}, key="1"))) == ["Idempotency-Key"]


def test_its_file_opens_for_everybody_and_in_parts(caller: Caller) -> None:
    job = caller.post("/api/samples", {}).json
    found = caller.get(f"/api/generations/{job['generation_id']}").json
    (output,) = found["results"][0]["outputs"]
    assert (output["url"], output["type"]) == ("https://relay.example.com/samples/sample.mp4", "video/mp4")
    answer = caller.site.client.get("/samples/sample.mp4", buffered=True)
    assert (answer.status_code, answer.content_type) == (200, "video/mp4")
    assert media_types.ending(answer.data[: media_types.FIRST_BYTES]) == "mp4"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    part = caller.site.client.get("/samples/sample.mp4", headers={"Range": "bytes=4-7"}, buffered=True)
    assert (part.status_code, part.data) == (206, b"ftyp")


@pytest.mark.parametrize("name", ["make.py", "__init__.py", "..%2fapp.py", "transparent.png", "x"])
def test_nothing_else_is_served_beside_it(caller: Caller, name: str) -> None:
    assert caller.site.client.get(f"/samples/{name}").status_code == 404


# ---- on the wire


@pytest.fixture
def destination() -> Iterator[Receiver]:
    with Receiver() as made:
        yield made


def post(relay: RelayProcess, body: bytes = b"{}") -> int:
    headers = [("Authorization", f"Bearer {TOKEN}"), ("Content-Type", "application/json")]
    headers.append(("Content-Length", str(len(body))))
    with Connection(relay.port) as connection:
        return connection.post(request(body, headers, "/api/samples")).status


def test_a_sample_reaches_its_destination_with_a_file_that_opens(
    tmp_path: Path, destination: Receiver
) -> None:
    relay = RelayProcess(tmp_path / "data", {"ARCHIVE": "local"})
    own = f"127.0.0.1:{relay.port}"
    given = {"PUBLIC_URL": f"http://{own}", "WEBHOOK_URL": destination.url()}
    relay._environment.update(given | {"ALLOWED_HOSTS": f"{destination.host},{own}"})
    with relay:
        with closing(SqliteStore(tmp_path / "data" / "relay.db")) as store:
            store.add_token("test", sha256(TOKEN.encode()).hexdigest(), now=1)
        assert post(relay) == 201
        call = wait_until(lambda: destination.calls[0] if destination.calls else None)
        data = call.json["data"]
        assert (data["status"], data["prompt"], data["context"]) == ("completed", PROMPT, {"sample": "yes"})
        (output,) = data["outputs"]
        path = urlsplit(output["url"]).path
        assert path.startswith("/files/")  # it was archived as any result is
        with Connection(relay.port) as connection:
            reply = connection.post(request(b"", (), path, "GET"))
        assert (reply.status, reply.body[4:8]) == (200, b"ftyp")
