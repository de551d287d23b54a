"""The limits per key, with the documented defaults: refused with 429 and a Retry-After that is true."""

from collections.abc import Callable

import pytest
import requests

from sandbox import TIERS, UNLIMITED, Limits
from tests.sandbox.client import START, Client
from tests.sandbox.conftest import StartSandbox

Connect = Callable[..., Client]


def refusal(answer: requests.Response) -> tuple[int, str, str]:
    return answer.status_code, answer.json()["error"]["code"], answer.headers["Retry-After"]


def poll(client: Client) -> requests.Response:
    return client.call("GET", "/v1/video/generations/vgen_none")


def test_every_answer_tells_the_key_its_limit(client: Client) -> None:
    first, second = client.create(), poll(client)
    assert first.headers["X-RateLimit-Limit"] == second.headers["X-RateLimit-Limit"] == "100"
    assert first.headers["X-RateLimit-Remaining"] == "99"
    assert second.headers["X-RateLimit-Remaining"] == "98"
    assert second.headers["X-RateLimit-Reset"] == str(int(START) + 60)


@pytest.mark.parametrize(("tier", "most"), [("free", 10), ("pro", 100)])
def test_a_tier_has_so_many_requests_a_minute(
    start: StartSandbox, connect: Connect, tier: str, most: int
) -> None:
    client = connect(start(keys={"key": TIERS[tier]}), key="key")
    assert {poll(client).status_code for _ in range(most)} == {404}
    client.clock.now += 20.5
    answer = poll(client)
    assert refusal(answer) == (429, "rate_limit_exceeded", "40")
    assert answer.headers["X-RateLimit-Remaining"] == "0"
    client.clock.now += 39.5
    assert poll(client).status_code == 404


def test_polls_have_a_limit_of_their_own(start: StartSandbox, connect: Connect) -> None:
    client = connect(start(keys={"key": TIERS["enterprise"]}), key="key")
    assert {poll(client).status_code for _ in range(120)} == {404}
    assert refusal(poll(client)) == (429, "rate_limit_exceeded", "60")


def test_five_videos_a_minute_can_be_asked_for(start: StartSandbox, connect: Connect) -> None:
    client = connect(start(keys={"key": Limits(active_videos=99)}), key="key")
    assert [client.create().status_code for _ in range(5)] == [202] * 5
    client.clock.now += 10
    assert refusal(client.create()) == (429, "rate_limit_exceeded", "50")


def test_a_minute_can_be_shorter(start: StartSandbox, connect: Connect) -> None:
    client = connect(start(keys={"key": Limits(active_videos=99, minute=4)}), key="key")
    assert [client.create().status_code for _ in range(5)] == [202] * 5
    assert refusal(client.create()) == (429, "rate_limit_exceeded", "4")
    client.clock.now += 4
    assert client.create().status_code == 202


def test_three_videos_render_at_a_time(client: Client) -> None:
    assert [client.create().status_code for _ in range(3)] == [202] * 3
    client.pass_time(100)
    assert refusal(client.create()) == (429, "rate_limit_exceeded", "50")
    client.pass_time(50)
    assert client.create().status_code == 202


def test_a_hundred_videos_can_be_asked_for_in_a_day(start: StartSandbox, connect: Connect) -> None:
    most = Limits(100_000, video_creates_per_minute=1000, active_videos=1000)
    client = connect(start(keys={"key": most}), key="key")
    assert {client.create().status_code for _ in range(100)} == {202}
    client.pass_time(3600)
    assert refusal(client.create()) == (429, "rate_limit_exceeded", str(23 * 3600))
    client.pass_time(23 * 3600)
    assert client.create().status_code == 202


@pytest.mark.heavy
def test_limits_are_per_key_and_can_be_raised(start: StartSandbox, connect: Connect) -> None:
    sandbox = start(keys={"poor": Limits(requests_per_minute=1), "rich": UNLIMITED})
    poor, rich = connect(sandbox, key="poor"), connect(sandbox, key="rich")
    assert [poor.create().status_code for _ in range(2)] == [202, 429]
    assert {rich.create().status_code for _ in range(150)} == {202}


def test_limits_of_a_key_can_be_changed_while_it_is_used(start: StartSandbox, connect: Connect) -> None:
    sandbox = start(keys={"key": UNLIMITED})
    client = connect(sandbox, key="key")
    assert {client.create().status_code for _ in range(9)} == {202}
    sandbox.limit("key", Limits(requests_per_minute=1))
    assert [client.create().status_code for _ in range(2)] == [202, 429]
    sandbox.limit("key", UNLIMITED)
    assert client.create().status_code == 202
