"""Scenarios that call the relay, run by an interpreter of ours (not Make) against the real relay."""

import base64
import copy
import hashlib
import hmac
import json
import re
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from werkzeug.serving import make_server

from relay.models.delivery import Outcome
from sandbox.app import serve
from sandbox.config import API_KEY, Config
from tests.templates.make_run.blueprints import blueprint
from tests.templates.make_run.interpreter import Run
from tests.templates.make_run.world import Clock, World
from tests.web.api.client import TOKEN, Caller
from tests.web.connecting import reader_of
from tests.web.site import N8N, Site
from tests.wire import free_port

RELAY = "https://relay.example.com"
HOSTILE = 'The "best" \\ mug & <!channel>\nnew\tline 😀 {{1.secret}}'
PICTURE = "https://shop.example.com/1.jpg"
SHOPIFY_KEY = "the key that Shopify shows"


@dataclass
class Running:
    """A relay that is served on this machine, and the world in which Make calls it."""

    site: Site
    world: World

    def jobs(self) -> list[dict[str, Any]]:
        rows = self.site.rows("select kind, input, context from job order by created_at, id")
        return [{"kind": kind, "input": json.loads(i), "context": json.loads(c)} for kind, i, c in rows]


@pytest.fixture
def relay(tmp_path: Path) -> Iterator[Running]:
    clock = Clock()
    sandbox = serve(config=Config(clock=clock))
    site = Site(tmp_path / "data", CREATIVEAI_API_KEY=API_KEY, WEBHOOK_URL=N8N["WEBHOOK_URL"])
    Caller(site)
    server = make_server("127.0.0.1", 0, site.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    origins = {RELAY: f"http://127.0.0.1:{server.server_port}"}
    yield Running(site, World(sandbox, clock, origins, {RELAY: TOKEN}))
    server.shutdown()
    thread.join()
    site.close()
    sandbox.stop()


def answered(run: Run) -> tuple[int, Any]:
    assert run.response
    return run.response.status, json.loads(run.response.body)


# Start a product video -----------------------------------------------------------------------------------


def started(relay: Running, body: Any) -> tuple[int, Any]:
    return answered(Run(blueprint("start-through-the-relay"), relay.world).start(body))


@pytest.mark.parametrize(
    "context",
    [{"sku": "MUG-1"}, {"sku": ""}, {}, None, {"sku": HOSTILE, "title": HOSTILE}],
)
def test_a_product_is_one_job_however_often_it_is_posted(relay: Running, context: Any) -> None:
    body = {"input": {"prompt": HOSTILE, "image_url": PICTURE, "duration": 5}}
    body |= {} if context is None else {"context": context}
    answers = [started(relay, body) for _ in range(3)]
    assert [status for status, _ in answers] == [201, 200, 200]
    assert len({job["id"] for _, job in answers}) == 1
    (job,) = relay.jobs()
    assert job["input"]["prompt"] == HOSTILE
    assert job["context"] == (context or {})


@pytest.mark.parametrize(
    ("first", "second", "jobs"),
    [
        ({"sku": "A"}, {"sku": "A"}, 1),
        ({"sku": "A"}, {"sku": "B"}, 2),
        ({"sku": ""}, {}, 1),
    ],
)
def test_products_are_told_apart_by_sku_picture_and_prompt(
    relay: Running, first: Any, second: Any, jobs: int
) -> None:
    for context in (first, second, first, second):
        started(relay, {"input": {"prompt": "It turns", "image_url": PICTURE}, "context": context})
    assert len(relay.jobs()) == jobs


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, "prompt"),
        ({"input": {"prompt": "x"}}, "image_url"),
        ({"input": {"prompt": "x", "image_url": "mug.jpg"}}, "image_url"),
        ({"input": {"prompt": "x", "image_url": PICTURE, "duration": 99}}, "duration"),
    ],
)
def test_the_caller_is_told_what_the_relay_refuses(relay: Running, body: Any, said: str) -> None:
    status, problem = started(relay, body)
    assert status == 422
    assert any(said in each["field"] for each in problem["errors"])
    assert not relay.jobs()


def test_the_caller_is_told_of_a_wrong_token(relay: Running) -> None:
    relay.world.tokens[RELAY] = "cr_another"
    status, problem = started(relay, {"input": {"prompt": "x", "image_url": PICTURE}})
    assert status == 401
    assert problem["detail"]


@pytest.mark.parametrize(
    ("slug", "body"),
    [
        ("start-through-the-relay", {"input": {"prompt": "x", "image_url": PICTURE}}),
        ("film-through-the-relay", {"video_prompt": "x", "voice_text": "y", "image_url": PICTURE}),
    ],
)
def test_a_relay_that_is_silent_is_answered_with_503(relay: Running, slug: str, body: Any) -> None:
    relay.world.origins[RELAY] = f"http://127.0.0.1:{free_port()}"
    run = Run(blueprint(slug), relay.world).start(body)
    status, said = answered(run)
    assert status == 503
    assert "creates no second job" in said["error"]
    assert not run.incomplete


# The film ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sku", ["MUG-1", "", None, HOSTILE])
def test_a_film_is_one_pipeline_however_often_it_is_posted(relay: Running, sku: str | None) -> None:
    body = {"sku": sku, "image_url": PICTURE, "video_prompt": HOSTILE, "voice_text": HOSTILE}
    runs = [Run(blueprint("film-through-the-relay"), relay.world).start(body) for _ in range(3)]
    assert [answered(run)[0] for run in runs] == [201, 200, 200]
    jobs = {job["kind"]: job for job in relay.jobs()}
    assert sorted(jobs) == ["compose", "image-to-video", "voice"]
    assert len(relay.jobs()) == 3
    assert jobs["image-to-video"]["input"]["prompt"] == HOSTILE
    assert jobs["voice"]["input"]["text"] == HOSTILE
    assert all(job["context"].get("sku", "") == (sku or "") for job in relay.jobs())


def test_a_film_without_a_text_is_refused_with_words(relay: Running) -> None:
    body = {"image_url": PICTURE, "video_prompt": "It turns"}
    status, problem = answered(Run(blueprint("film-through-the-relay"), relay.world).start(body))
    assert status == 422
    assert "voice" in json.dumps(problem["errors"])
    assert not relay.jobs()


# Shopify -------------------------------------------------------------------------------------------------

PRODUCT = {
    "id": 632910392,
    "title": HOSTILE,
    "image": {"src": PICTURE},
    "images": [{"src": PICTURE}],
    "variants": [{"sku": ""}],
}


def shopify_scenario() -> dict[str, Any]:
    made = copy.deepcopy(blueprint("shopify-through-the-relay"))
    text = json.dumps(made["flow"][1]["mapper"]).replace("PASTE_SIGNING_SECRET_HERE", SHOPIFY_KEY)
    made["flow"][1]["mapper"] = json.loads(text)
    return made


def noticed(relay: Running, product: Any, key: str = SHOPIFY_KEY) -> Run:
    body = json.dumps(product)
    digest = hmac.new(key.encode(), body.encode(), hashlib.sha256).digest()
    header = {"name": "x-shopify-hmac-sha256", "value": base64.b64encode(digest).decode()}
    return Run(shopify_scenario(), relay.world).start({"value": body, "__IMTHEADERS__": [header]})


@pytest.mark.parametrize(
    ("product", "jobs"),
    [
        (PRODUCT, 1),
        ({"id": 1, "images": [{"src": PICTURE}]}, 1),
        ({"id": 1, "title": "Mug", "images": []}, 0),
        ({"id": 1, "title": "Mug"}, 0),
    ],
)
def test_a_product_with_a_picture_gets_one_video(relay: Running, product: Any, jobs: int) -> None:
    runs = [noticed(relay, product) for _ in range(3)]
    assert [answered(run)[0] for run in runs] == [200, 200, 200]
    found = relay.jobs()
    assert len(found) == jobs
    assert not relay.world.messages()
    if jobs:
        assert found[0]["context"]["product_id"] == str(product["id"])
        assert found[0]["context"]["title"] == product.get("title", "")


def test_a_notice_with_a_wrong_signature_creates_nothing(relay: Running) -> None:
    status, said = answered(noticed(relay, PRODUCT, key="another key"))
    assert status == 401
    assert "Nothing was done" in said["error"]
    assert not relay.jobs()


def test_what_the_relay_refuses_is_posted_and_not_repeated_by_shopify(relay: Running) -> None:
    product = PRODUCT | {"image": {"src": "no address"}}
    assert answered(noticed(relay, product))[0] == 200
    (message,) = relay.world.messages()
    assert "422" in message
    assert "Nothing was charged" in message
    assert "<!channel>" not in message
    assert not relay.jobs()


def test_shopify_repeats_its_notice_when_the_token_was_revoked_and_that_is_posted(relay: Running) -> None:
    relay.world.tokens[RELAY] = "cr_another"
    assert answered(noticed(relay, PRODUCT))[0] == 503
    (message,) = relay.world.messages()
    assert "401" in message
    relay.world.tokens[RELAY] = TOKEN
    assert answered(noticed(relay, PRODUCT))[0] == 200
    assert len(relay.jobs()) == 1


def test_shopify_repeats_its_notice_while_the_relay_is_silent(relay: Running) -> None:
    there = relay.world.origins[RELAY]
    relay.world.origins[RELAY] = f"http://127.0.0.1:{free_port()}"
    assert answered(noticed(relay, PRODUCT))[0] == 503
    relay.world.origins[RELAY] = there
    assert answered(noticed(relay, PRODUCT))[0] == 200
    assert len(relay.jobs()) == 1


# The daily report ----------------------------------------------------------------------------------------


def reported(relay: Running, later: float = 0) -> list[str]:
    before = len(relay.world.messages())
    relay.world.clock.seconds += later
    Run(blueprint("daily-report"), relay.world).start()
    return relay.world.messages()[before:]


def test_a_day_without_failures_posts_nothing(relay: Running) -> None:
    assert reported(relay) == []


def test_failures_of_a_day_are_one_message_with_their_words(relay: Running) -> None:
    ids = []
    for number in range(3):
        relay.site.post(
            {"id": f"vgen_{number}", "status": "completed", "output_url": "https://c.example/a.mp4"}
        )
        ids.append(relay.site.deliver(note=f"The table is gone. {HOSTILE}", outcome=Outcome.FAILED))
    settled = relay.site.rows("select max(settled_at) from delivery")[0][0]
    relay.world.clock.seconds = settled / 1000 + 60
    (message,) = reported(relay)
    assert message.count("The table is gone.") == 3
    assert all(f"vgen_{number}" in message for number in range(3))
    assert "<!channel>" not in message
    assert reported(relay, later=2 * 86_400) == [], "The next days are silent."


def test_jobs_that_failed_are_in_the_report_with_their_reason(relay: Running) -> None:
    started(relay, {"input": {"prompt": "x", "image_url": PICTURE}, "context": {"sku": HOSTILE}})
    with closing(sqlite3.connect(relay.site.database)) as database, database:
        database.execute(
            "update job set status = 'failed', status_reason = ?, settled_at = ?",
            (HOSTILE, int(relay.world.clock.seconds * 1000)),
        )
    (message,) = reported(relay)
    assert "Jobs that failed" in message
    assert "image-to-video" in message
    assert "<!channel>" not in message
    assert "new\tline" in message


def test_a_job_on_hold_is_in_the_report_every_day_until_someone_decides(relay: Running) -> None:
    started(relay, {"input": {"prompt": "x", "image_url": PICTURE}, "context": {"sku": HOSTILE}})
    _write(relay, "update job set status = 'held', status_reason = 'The response was lost.'")
    for later in (0, 86_400):
        (message,) = reported(relay, later)
        assert "Jobs on hold" in message
        assert "The response was lost." in message
        assert "<!channel>" not in message
    _write(relay, "update job set status = 'canceled'")
    assert reported(relay) == []


def _write(relay: Running, statement: str) -> None:
    with closing(sqlite3.connect(relay.site.database)) as database, database:
        database.execute(statement)


@pytest.mark.parametrize("fault", ["token", "silent"])
def test_a_report_that_cannot_be_read_says_so(relay: Running, fault: str) -> None:
    if fault == "token":
        relay.world.tokens[RELAY] = "cr_another"
    else:
        relay.world.origins[RELAY] = f"http://127.0.0.1:{free_port()}"
    said = reported(relay)
    assert said
    assert all("could not be read" in each for each in said)


# The steps of the page, as a new user follows them --------------------------------------------------------


@pytest.mark.parametrize("slug", ["start-through-the-relay", "daily-report"])
def test_a_new_user_downloads_creates_a_token_runs_it_once_and_sees_the_page_turn_green(
    relay: Running, slug: str
) -> None:
    reader = reader_of(relay.site)
    page = reader.open(f"/templates/make/{slug}")
    assert "I imported it" in page.words
    scenario = json.loads(reader.follow("Download for Make").text)
    reader.open(f"/templates/make/{slug}")
    reader.follow("Create API token")
    token = re.search(r"cr_[\w-]{20,}", reader.press("Create token", token_name="Make").text)
    assert token
    relay.world.tokens[RELAY] = token[0]
    reader.open(f"/templates/make/{slug}")
    assert "Waiting for the first call" in reader.press("I imported it").words
    first_try = {"input": {"prompt": "It turns", "image_url": PICTURE}, "context": {"sku": "MUG-1"}}
    run = Run(scenario, relay.world)
    run.start() if slug == "daily-report" else run.start(first_try)
    seen = reader.open(f"/templates/make/{slug}").words
    assert "The relay received a call from this template" in seen
    assert "Waiting" not in seen
