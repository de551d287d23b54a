"""Batches of videos: each video goes its own way, and the batch calls back for all."""

from typing import Any

import pytest

from sandbox import Fault, Limits, Sandbox
from tests.sandbox.client import Client
from tests.sandbox.conftest import StartSandbox
from tests.sandbox.creativeai.test_video import Connect

BATCH = "/v1/video/generations/batch"


def start_batch(client: Client, size: int = 3, **fields: Any) -> dict[str, Any]:
    prompts = [{"prompt": f"Clip {number}"} for number in range(size)]
    answer = client.post(BATCH, prompts=prompts, webhook_url=client.inbox, **fields)
    assert answer.status_code == 202, answer.text
    return dict(answer.json())


def statuses(body: dict[str, Any]) -> list[str]:
    return [job["status"] for job in body["jobs"]]


def test_the_videos_are_pending_then_processing_then_completed(client: Client) -> None:
    batch = start_batch(client)
    path = f"{BATCH}/{batch['batch_id']}"
    assert client.get(path)["pending"] == 3
    client.pass_time(2)
    assert client.get(path)["processing"] == 3
    client.pass_time(148)
    done = client.get(path)
    assert (done["completed"], done["pending"], done["processing"]) == (3, 0, 0)
    assert client.status(batch["jobs"][0]["id"])["output_url"] == done["jobs"][0]["output_url"]


def test_the_videos_share_the_batchs_parameters_in_the_book(client: Client, sandbox: Sandbox) -> None:
    batch = start_batch(client, size=2, duration=7)
    assert [job.request["duration"] for job in sandbox.jobs] == [7, 7]
    assert {job.batch for job in sandbox.jobs} == {batch["batch_id"]}
    assert [job.id for job in sandbox.jobs] == [job["id"] for job in batch["jobs"]]


def test_a_batch_whose_videos_all_fail_is_refunded(client: Client, sandbox: Sandbox) -> None:
    before = sandbox.credits
    sandbox.inject(Fault.FAILED)
    start_batch(client)
    assert sandbox.credits == before - 90
    client.pass_time(150)
    (told,) = client.arrived()
    assert (told["failed"], told["total_credits"], sandbox.credits) == (3, 0, before)


def test_a_partly_failed_batch_comes_again_with_more(client: Client, sandbox: Sandbox) -> None:
    before = sandbox.credits
    sandbox.inject(Fault.PARTIAL_BATCH)
    batch = start_batch(client)
    client.pass_time(150)
    client.pass_time(150)
    first, second = client.arrived()
    assert first["batch_id"] == second["batch_id"] == batch["batch_id"]
    assert (first["status"], second["status"]) == ("completed", "completed")
    assert statuses(first) == ["failed", "completed", "processing"]
    assert statuses(second) == ["failed", "completed", "completed"]
    assert (second["completed"], second["failed"], second["total_credits"]) == (2, 1, 60)
    assert sandbox.credits == before - 60


def test_the_children_can_call_back_too(client: Client, sandbox: Sandbox) -> None:
    sandbox.inject(Fault.CHILDREN_TOO)
    batch = start_batch(client, size=2)
    client.pass_time(150)
    told = sorted(body.get("id", body.get("batch_id")) for body in client.arrived())
    assert told == sorted([batch["batch_id"], *(job["id"] for job in batch["jobs"])])
    events = {item.headers["X-Creativeai-Event"] for item in sandbox.received("relay")}
    assert events == {"video.batch.completed", "video.generation.completed"}


def test_a_dropped_batch_tells_of_no_child_either(client: Client, sandbox: Sandbox) -> None:
    sandbox.inject(Fault.CHILDREN_TOO, Fault.DROPPED)
    start_batch(client)
    client.pass_time(150)
    assert sandbox.attempts == []


@pytest.mark.parametrize(
    ("prompts", "param"),
    [
        (None, "prompts"),
        ([], "prompts"),
        ([{"prompt": "A kite"}] * 21, "prompts"),
        (["A kite"], "prompts[0]"),
        ([{"prompt": "A kite"}, {"prompt": ""}], "prompts[1].prompt"),
        ([{"prompt": "A kite", "image_url": "kite.png"}], "prompts[0].image_url"),
        ([{"prompt": "A kite"}, {"prompt": "nsfw"}], "prompts[1].prompt"),
    ],
)
def test_what_is_wrong_with_the_prompts_is_named(
    client: Client, sandbox: Sandbox, prompts: object, param: str
) -> None:
    answer = client.post(BATCH, prompts=prompts)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)
    assert sandbox.jobs == []


def test_a_batch_counts_in_the_day_by_its_videos(start: StartSandbox, connect: Connect) -> None:
    client = connect(start(keys={"key": Limits(videos_per_day=22)}), key="key")
    start_batch(client, size=20)
    prompts = [{"prompt": "A kite"}] * 3
    answer = client.post(BATCH, prompts=prompts)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "86400")
    assert client.post(BATCH, prompts=prompts[:2]).status_code == 202


def test_a_batch_is_one_creation_of_the_five_a_minute(client: Client) -> None:
    for _ in range(5):
        start_batch(client, size=2)
    assert client.post(BATCH, prompts=[{"prompt": "A kite"}]).status_code == 429


def test_a_batch_is_no_generation_and_unknown_to_other_keys(start: StartSandbox, connect: Connect) -> None:
    sandbox = start(keys={"one": Limits(), "two": Limits()})
    one, two = connect(sandbox, key="one"), connect(sandbox, key="two")
    batch = start_batch(one)["batch_id"]
    assert one.call("GET", f"/v1/video/generations/{batch}").status_code == 404
    assert one.call("GET", f"/api/generate/status/{batch}").status_code == 404
    assert two.call("GET", f"{BATCH}/{batch}").status_code == 404
