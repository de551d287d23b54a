"""Results that arrive at Make, from CreativeAI or the relay, run by an interpreter of ours (not Make)."""

import copy
import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
import requests
from pydantic import SecretStr

from connectors.webhook.make import Make, MakeOptions
from relay.http.client import Http
from relay.intake import status_words
from relay.models.core import Output, Result, ResultStatus
from sandbox.app import serve
from sandbox.config import API_KEY, SIGNING_SECRET, Config
from sandbox.creativeai.faults import Fault
from tests.connectors.contract import Kept
from tests.connectors.files import NoFiles
from tests.loopback import Loopback, answer, loopback
from tests.templates.make_run.blueprints import blueprint
from tests.templates.make_run.interpreter import ModuleError, Run
from tests.templates.make_run.received import parsed, passed_through
from tests.templates.make_run.world import Clock, World
from tests.wire import wait_until

BASE, AIRTABLE = "appOfTheTests0000", "https://api.airtable.com"
COLUMNS = ("Generation ID", "SKU", "Status", "Video", "Error")
HOSTILE = 'The "best" \\ mug & <!channel>\nnew\tline 😀 {{1.secret}}'


@pytest.fixture
def world() -> Iterator[World]:
    clock = Clock()
    sandbox = serve(config=Config(clock=clock))
    yield World(sandbox, clock, {AIRTABLE: sandbox.url}, {AIRTABLE: "patOfTheTests"})
    sandbox.stop()


@pytest.fixture
def hook() -> Iterator[Loopback]:
    with loopback(answer("200 OK", b"Accepted")) as server:
        yield server


def signed_scenario(secret: str = SIGNING_SECRET) -> dict[str, Any]:
    """With its first steps followed."""
    made = copy.deepcopy(blueprint("signed-by-creativeai"))
    text = json.dumps(made["flow"][1]["mapper"]).replace("PASTE_SIGNING_SECRET_HERE", secret)
    made["flow"][1]["mapper"] = json.loads(text)
    return made


def created(world: World, hook: Loopback, path: str, body: Mapping[str, Any], *faults: Fault) -> None:
    """A job of the sandbox, until nothing more comes of it."""
    if faults:
        world.sandbox.inject(*faults)
    done = requests.post(
        f"{world.sandbox.url}{path}",
        json={**body, "webhook_url": f"{hook.url}/results"},
        headers={"Authorization": f"Bearer {API_KEY}"},
        timeout=10,
    )
    assert done.ok, done.text
    for _ in range(40):
        world.sleep(30)
    wait_until(lambda: world.sandbox.due == 0)


def taken(world: World, hook: Loopback) -> list[Run]:
    """All that came to the webhook, one after the other."""
    return [Run(signed_scenario(), world).start(passed_through(each)) for each in hook.requests]


def delivered(world: World, payload: Mapping[str, Any], event: str = "video.generation.completed") -> Run:
    body = json.dumps(payload, ensure_ascii=False)
    signature = hmac.new(SIGNING_SECRET.encode(), body.encode(), hashlib.sha256).hexdigest()
    headers = {
        "x-creativeai-signature": f"sha256={signature}",
        "x-creativeai-delivery-id": str(payload.get("id") or payload.get("batch_id") or "delivery"),
        "x-creativeai-event": event,
    }
    listed = [{"name": name, "value": value} for name, value in headers.items()]
    return Run(signed_scenario(), world).start({"value": body, "__IMTHEADERS__": listed})


VIDEO = {"prompt": HOSTILE, "image_url": "https://shop.example.com/1.jpg"}
BATCH = {"prompts": [{"prompt": f"Video {number}"} for number in range(4)]}


@pytest.mark.parametrize(
    ("fault", "rows"),
    [
        ((), [("completed", True)]),
        ((Fault.DUPLICATE,), [("completed", True)]),
        ((Fault.UPPER_CASE,), [("completed", True)]),
        ((Fault.UPPER_CASE, Fault.DUPLICATE), [("completed", True)]),
        ((Fault.UNKNOWN_EVENT,), [("completed", True)]),
        ((Fault.PRETTY_PRINTED,), [("completed", True)]),
        ((Fault.FAILED,), [("failed", False)]),
        ((Fault.UPPER_CASE, Fault.FAILED), [("failed", False)]),
        ((Fault.FAILED_THEN_COMPLETED,), [("failed", False), ("completed", True)]),
    ],
)
def test_each_result_is_a_row(
    world: World, hook: Loopback, fault: tuple[Fault, ...], rows: list[tuple[str, bool]]
) -> None:
    created(world, hook, "/v1/video/generations", VIDEO, *fault)
    runs = taken(world, hook)
    assert runs
    assert [each.response.status for each in runs if each.response] == [200] * len(runs)
    assert [(row[1], bool(row[2])) for row in world.rows] == rows
    assert all(row[4] == HOSTILE for row in world.rows)
    assert len(world.messages()) == len(rows)


@pytest.mark.parametrize("fault", [(), (Fault.UPPER_CASE,), (Fault.DUPLICATE,), (Fault.CHILDREN_TOO,)])
def test_a_batch_is_a_row_for_each_of_its_videos(
    world: World, hook: Loopback, fault: tuple[Fault, ...]
) -> None:
    created(world, hook, "/v1/video/generations/batch", BATCH, *fault)
    taken(world, hook)
    assert sorted(row[4] for row in world.rows) == [f"Video {number}" for number in range(4)]
    assert {row[1] for row in world.rows} == {"completed"}
    assert all(row[2].startswith("http") for row in world.rows)


def test_a_batch_that_comes_again_with_its_last_video_adds_that_row(world: World, hook: Loopback) -> None:
    created(world, hook, "/v1/video/generations/batch", BATCH, Fault.PARTIAL_BATCH)
    taken(world, hook)
    assert sorted(row[1] for row in world.rows) == ["completed", "completed", "completed", "failed"]
    assert len({row[0] for row in world.rows}) == 4


@pytest.mark.parametrize(
    ("payload", "row"),
    [
        ({"id": "a", "status": " Completed ", "output_url": " https://c/a.mp4 "}, ["a", "completed", "https://c/a.mp4"]),
        ({"id": "a", "status": "succeed", "url": "https://c/a.mp4"}, ["a", "completed", "https://c/a.mp4"]),
        ({"id": "a", "status": "SUCCESS", "output_url": "u"}, ["a", "completed", "u"]),
        ({"id": "a", "status": "Error", "error": {"message": "no"}}, ["a", "failed", "", "no"]),
        ({"id": "a", "status": "canceled", "error_message": "no"}, ["a", "failed", "", "no"]),
        ({"id": "a", "status": "almost", "output_url": "u"}, ["a", "almost", "u"]),
        ({"id": "a", "output_url": "u"}, ["a", "completed", "u"]),
        ({"id": "a", "status": "completed", "data": [{"url": "u"}, {"url": "v"}]}, ["a", "completed", "u v"]),
        ({"status": "completed", "output_url": "u"}, ["delivery#1", "completed", "u"]),
        ({"id": "a", "status": "processing"}, None),
        ({"id": "a", "status": "QUEUED"}, None),
        ({"batch_id": "b", "status": "completed", "jobs": []}, ["b#1", "completed", ""]),
        ({"batch_id": "b", "status": "completed", "jobs": [{"id": "c", "status": "pending"}]}, None),
        ({"batch_id": "b", "status": "completed", "jobs": [{"id": "c"}]}, ["c", "unknown", ""]),
        ({"batch_id": "b", "jobs": [{"status": "DONE", "output_url": "u"}]}, ["b#1", "completed", "u"]),
    ],
)  # fmt: skip
def test_words_are_read_in_any_spelling_and_unknown_ones_are_shown(
    world: World, payload: dict[str, Any], row: list[str] | None
) -> None:
    for _ in range(2):
        delivered(world, payload)
    wanted = [] if row is None else [[*row, "", "", ""][:4]]
    assert [each[:4] for each in world.rows] == wanted


@pytest.mark.heavy
@pytest.mark.parametrize(
    ("words", "status"),
    [
        (status_words.COMPLETED, "completed"),
        (status_words.FAILED, "failed"),
        (status_words.PROCESSING, None),
    ],
)
def test_the_relays_words_for_a_status_have_the_same_meaning_here(
    world: World, words: str, status: str | None
) -> None:
    for word in words.split():
        for spelled in (word, "-".join(word.upper())):
            delivered(world, {"id": spelled, "status": spelled, "output_url": "u"})
    assert [row[1] for row in world.rows] == [status] * (2 * len(words.split()) if status else 0)


def test_a_completion_whose_file_comes_later_gets_a_row_with_the_file(world: World) -> None:
    for link in (None, None, "https://c/a.mp4"):
        delivered(world, {"id": "a", "status": "completed", "output_url": link})
    assert [row[2] for row in world.rows] == ["", "https://c/a.mp4"]


@pytest.mark.parametrize("fault", [Fault.TAMPERED, Fault.WRONG_SECRET, Fault.UNSIGNED])
def test_a_call_that_is_not_authentic_is_answered_with_401(
    world: World, hook: Loopback, fault: Fault
) -> None:
    created(world, hook, "/v1/video/generations", VIDEO, fault)
    (run,) = taken(world, hook)
    assert run.response
    assert run.response.status == 401
    assert "Nothing was done" in json.loads(run.response.body)["error"]
    assert not world.rows
    assert not world.store


def test_no_call_is_authentic_before_the_secret_is_entered(world: World) -> None:
    body = json.dumps({"id": "a", "status": "completed"})
    placeholder = hmac.new(b"PASTE_SIGNING_SECRET_HERE", body.encode(), hashlib.sha256).hexdigest()
    headers = [{"name": "x-creativeai-signature", "value": f"sha256={placeholder}"}]
    run = Run(blueprint("signed-by-creativeai"), world).start({"value": body, "__IMTHEADERS__": headers})
    assert run.response
    assert run.response.status == 401


def test_a_signed_text_that_is_no_json_is_answered_with_400(world: World) -> None:
    body = "not JSON"
    signature = hmac.new(SIGNING_SECRET.encode(), body.encode(), hashlib.sha256).hexdigest()
    headers = [{"name": "x-creativeai-signature", "value": f"sha256={signature}"}]
    run = Run(signed_scenario(), world).start({"value": body, "__IMTHEADERS__": headers})
    assert run.response
    assert run.response.status == 400


@pytest.mark.parametrize("step", ["Is it a duplicate?", "Save the key", "Add a row", "Post to Slack"])
def test_a_result_whose_saving_fails_is_kept_and_saved_later(world: World, step: str) -> None:
    current, failures = [""], [step]

    def fail(module: str, mapper: Any) -> None:
        if current[0] in failures:
            failures.remove(current[0])
            raise ModuleError("The service is down.")

    world.before_call = fail
    body = json.dumps({"id": "a", "status": "completed", "output_url": "u"})
    signature = hmac.new(SIGNING_SECRET.encode(), body.encode(), hashlib.sha256).hexdigest()
    headers = [{"name": "x-creativeai-signature", "value": f"sha256={signature}"}]
    run = Run(signed_scenario(), world, before=lambda name: current.__setitem__(0, name))
    run.start({"value": body, "__IMTHEADERS__": headers})
    assert len(run.incomplete) == 1
    run.resume()
    assert len(world.rows) == 1
    assert len(world.messages()) == 1


# From the relay ------------------------------------------------------------------------------------------


def a_result(generation: str = "vgen_1", **changed: Any) -> Result:
    given: dict[str, Any] = {
        "generation_id": generation,
        "status": ResultStatus.COMPLETED,
        "outputs": (Output(url="https://cdn.example.com/a.mp4"),),
        "kind": "video.generation",
    }
    return Result(**given | changed)


@dataclass
class Relayed:
    """The scenario with its address filled in, an Airtable, and the relay's own connection to it."""

    world: World
    hook: Loopback
    http: Http

    def connection(self) -> Make:
        return Make(
            MakeOptions(url=SecretStr(f"{self.hook.url}/hook"), api_key=SecretStr("a key")), self.http
        )

    def run(self, result: Result, context: Mapping[str, str]) -> Run:
        """Of the relay's own delivery, as it arrives."""
        self.connection().deliver(result, context, "key", Kept(), NoFiles(), 0)
        return self.received()

    def received(self) -> Run:
        text = json.dumps(blueprint("behind-the-relay")).replace("YOUR_BASE_ID", BASE)
        return Run(json.loads(text), self.world).start(parsed(self.hook.requests[-1]))

    def delete_records(self) -> None:
        for each in self._records():
            url = f"{self.world.sandbox.url}/v0/{BASE}/Videos/{each['id']}"
            token = {"Authorization": f"Bearer {self.world.tokens[AIRTABLE]}"}
            assert requests.delete(url, headers=token, timeout=10).ok

    def records(self) -> list[dict[str, Any]]:
        return [each["fields"] for each in self._records()]

    def _records(self) -> list[dict[str, Any]]:
        asked = {"Accept": "application/json"}
        shown = requests.get(f"{self.world.sandbox.url}/sandbox/airtable", headers=asked, timeout=10).json()
        return [each for table in shown["tables"] if table["base"] == BASE for each in table["records"]]


@pytest.fixture
def relayed(world: World, hook: Loopback, http: Http) -> Relayed:
    made = {"base": BASE, "table": "Videos", "columns": dict.fromkeys(COLUMNS, "singleLineText")}
    assert requests.post(f"{world.sandbox.url}/sandbox/airtable/tables", json=made, timeout=10).ok
    return Relayed(world, hook, http)


@pytest.mark.parametrize("status", [ResultStatus.COMPLETED, ResultStatus.FAILED])
@pytest.mark.parametrize("sku", ["MUG-1", "", None, HOSTILE])
def test_a_delivery_of_the_relay_is_a_record_whatever_its_texts(
    relayed: Relayed, sku: str | None, status: ResultStatus
) -> None:
    failed: dict[str, Any] = {}
    if status is ResultStatus.FAILED:
        failed = {"status": status, "error": HOSTILE, "outputs": ()}
    for _ in range(3):
        relayed.run(a_result(**failed), {} if sku is None else {"sku": sku})
    (record,) = relayed.records()
    assert record.get("SKU", "") == (sku or "")
    assert record["Generation ID"] == "vgen_1"
    assert record["Status"] == str(status).capitalize()
    assert record.get("Error", "") == (HOSTILE if failed else "")
    (message,) = relayed.world.messages()
    assert "<!channel>" not in message


def test_two_videos_of_one_product_and_results_without_a_sku_have_records_of_their_own(
    relayed: Relayed,
) -> None:
    contexts: list[dict[str, str]] = [{"sku": "MUG-1"}, {"sku": "MUG-1"}, {}, {}]
    for number, context in enumerate(contexts):
        relayed.run(a_result(f"vgen_{number}"), context)
    found = sorted(each["Generation ID"] for each in relayed.records())
    assert found == ["vgen_0", "vgen_1", "vgen_2", "vgen_3"]


def test_a_delivery_that_is_resent_repairs_the_record_and_posts_no_second_message(relayed: Relayed) -> None:
    relayed.run(a_result(), {"sku": "MUG-1"})
    relayed.delete_records()
    relayed.run(a_result(), {"sku": "MUG-1"})
    assert len(relayed.records()) == 1
    assert len(relayed.world.messages()) == 1


def test_a_completion_follows_a_failure_in_the_same_record(relayed: Relayed) -> None:
    for status in (ResultStatus.FAILED, ResultStatus.COMPLETED, ResultStatus.COMPLETED):
        relayed.run(a_result(status=status, error="no"), {"sku": "MUG-1"})
    (record,) = relayed.records()
    assert record["Status"] == "Completed"
    assert len(relayed.world.messages()) == 2


@pytest.mark.heavy
def test_thirty_results_within_a_second_are_all_saved_though_airtable_refuses_some(relayed: Relayed) -> None:
    runs = [relayed.run(a_result(f"vgen_{number}"), {"sku": f"SKU-{number}"}) for number in range(30)]
    assert any(each.incomplete for each in runs), "Airtable refuses the sixth call within a second."
    for run in runs:
        for _ in range(3):
            relayed.world.sleep(15 * 60 if run.incomplete else 0)
            run.resume()
    assert len(relayed.records()) == 30


def test_a_test_of_the_connection_saves_nothing_and_breaks_nothing(relayed: Relayed) -> None:
    relayed.connection().test("key", 0)
    run = relayed.received()
    assert not run.incomplete
    assert not relayed.records()
