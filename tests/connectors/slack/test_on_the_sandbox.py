"""Slack by bot token against the sandbox's: lost answers, crashes between any two steps, threads, pace."""

import json
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

import pytest

from connectors.base import NotYet
from relay.errors import RemoteError
from tests.connectors.contract import CONTEXT, FAILED, FOUR_IMAGES, PROCESSING, VIDEO, Kept, asked
from tests.connectors.files import NoFiles
from tests.connectors.slack.sandboxed import (
    BLIND,
    CHANNEL,
    Killed,
    Slack,
    bring,
    dying,
    key_of,
    numbered,
    running,
)
from tests.connectors.slack.test_incoming_webhook import DUPLICATE


@pytest.fixture
def slack() -> Iterator[Slack]:
    with running() as one:
        yield one


@pytest.mark.slow
def test_with_the_scope_to_look_no_lost_answer_makes_a_second_message(slack: Slack) -> None:
    slack.sandbox.drop_responses(0.2, seed=7)
    connector = slack.connector()
    results = numbered(500)
    done = [bring(slack, connector, result, Kept())[0] for result in results]
    messages = slack.messages()
    assert Counter(map(key_of, messages)) == Counter(result.generation_id for result in results)
    assert DUPLICATE not in json.dumps(messages)
    assert {each.note for each in done} == {""}


@pytest.mark.slow
def test_without_it_each_possible_double_says_so_and_none_is_lost(slack: Slack) -> None:
    slack.order("tokens", token=BLIND, scopes=["chat:write"])
    slack.sandbox.drop_responses(0.2, seed=7)
    connector = slack.connector(BLIND)
    results = numbered(500)
    notes = {each.generation_id: bring(slack, connector, each, Kept())[0].note for each in results}
    seen: Counter[str] = Counter()
    for message in slack.messages():
        marked = DUPLICATE in json.dumps(message)
        assert marked is (seen[key_of(message)] > 0)
        seen[key_of(message)] += 1
    assert set(seen) == set(notes)
    assert {key for key, times in seen.items() if times > 1} == {key for key, note in notes.items() if note}
    assert 60 < sum(times - 1 for times in seen.values()) < 200


@pytest.mark.heavy
def test_a_kill_between_any_two_steps_leaves_one_message(slack: Slack) -> None:
    connector = slack.connector()
    killed = 0
    for first in range(1, 12):
        for second in range(12):
            result = replace(VIDEO, generation_id=f"vgen_{first}_{second}")
            memory = Kept()
            for point in (first, second):
                dies = dying(memory, point)
                try:
                    connector.deliver(result, CONTEXT, "key", dies, NoFiles(), round(slack.clock.now * 1000))
                except Killed:
                    killed += 1
                memory = dies.after_crash()
            bring(slack, connector, result, memory)
    assert killed > 20
    assert set(Counter(slack.keys()).values()) == {1}


@pytest.mark.parametrize("point", range(1, 7))
def test_a_kill_while_a_message_is_changed_leaves_one_that_says_completed(slack: Slack, point: int) -> None:
    connector, memory = slack.connector(), Kept()
    for result in (PROCESSING, FAILED, VIDEO):
        dies = dying(memory, point)
        with suppress(Killed):
            connector.deliver(
                result, CONTEXT, str(result.status), dies, NoFiles(), round(slack.clock.now * 1000)
            )
        _, memory = bring(slack, connector, result, dies.after_crash())
    (message,) = slack.messages()
    assert message["blocks"][0]["text"]["text"] == "Video ready"


def test_of_two_connections_to_one_channel_neither_takes_the_others_message_for_its_own(slack: Slack) -> None:
    connector = slack.connector()
    connector.deliver(VIDEO, CONTEXT, "of the first", Kept(), NoFiles(), round(slack.clock.now * 1000))
    dies = dying(Kept(), 2)  # the call is noted and never made
    with pytest.raises(Killed):
        connector.deliver(VIDEO, CONTEXT, "of the second", dies, NoFiles(), round(slack.clock.now * 1000))
    memory = dies.after_crash()
    connector.deliver(VIDEO, CONTEXT, "of the second", memory, NoFiles(), round(slack.clock.now * 1000))
    assert slack.keys() == [VIDEO.generation_id] * 2
    assert memory["creativeai_delivery"]["ts"] == max(message["ts"] for message in slack.messages())


def test_each_of_two_connections_to_one_channel_has_its_own_thread_of_a_batch(slack: Slack) -> None:
    connector, child = slack.connector(), replace(VIDEO, vendor_batch_id="vb_1")
    connector.deliver(child, CONTEXT, "of the first", Kept(), NoFiles(), round(slack.clock.now * 1000))
    dies = dying(Kept(), 2)
    with pytest.raises(Killed):
        connector.deliver(child, CONTEXT, "of the second", dies, NoFiles(), round(slack.clock.now * 1000))
    connector.deliver(
        child, CONTEXT, "of the second", dies.after_crash(), NoFiles(), round(slack.clock.now * 1000)
    )
    assert slack.keys() == ["vb_1"] * 2


def test_processing_then_failed_then_completed_is_one_message_whatever_is_lost(slack: Slack) -> None:
    slack.sandbox.drop_responses(0.3, seed=3)
    connector = slack.connector()
    for number in range(30):
        memory = Kept()
        for result in (PROCESSING, FAILED, VIDEO):
            told = replace(result, generation_id=f"vgen_{number}")
            _, memory = bring(slack, connector, told, memory)
    messages = slack.messages()
    assert len(messages) == 30
    assert {message["blocks"][0]["text"]["text"] for message in messages} == {"Video ready"}


@pytest.mark.parametrize("lost", [0.0, 0.25])
def test_a_batch_is_one_thread_although_two_crashes_hit(slack: Slack, lost: float) -> None:
    slack.sandbox.drop_responses(lost, seed=5)
    connector = slack.connector()
    expected_results = numbered(20, replace(VIDEO, vendor_batch_id="vb_1"))
    shared = Kept()
    for number, child in enumerate(expected_results):
        memory = shared.of_the_next_in_the_batch()
        if number in (0, 7):  # right after the parent's post, and right after a reply's
            dies = dying(memory, 3)
            with pytest.raises((Killed, RemoteError)):
                connector.deliver(child, CONTEXT, "key", dies, NoFiles(), round(slack.clock.now * 1000))
            memory = dies.after_crash()
        _, shared = bring(slack, connector, child, memory)
    (parent,) = slack.messages()
    assert parent["text"].startswith("*Batch vb_1*")
    assert [key_of(reply) for reply in parent["replies"]] == [
        child.generation_id for child in expected_results
    ]
    assert DUPLICATE not in json.dumps(parent)


def test_of_a_batch_s_parent_whose_answer_was_lost_a_blind_repeat_says_so(slack: Slack) -> None:
    slack.order("tokens", token=BLIND, scopes=["chat:write"])
    connector, memory = slack.connector(BLIND), Kept()
    child = replace(VIDEO, vendor_batch_id="vb_1")
    slack.sandbox.drop_responses(1.0)
    with pytest.raises(RemoteError):
        connector.deliver(child, CONTEXT, "key", memory, NoFiles(), round(slack.clock.now * 1000))
    slack.sandbox.drop_responses(0.0)
    done, _ = bring(slack, connector, child, memory.after_crash())
    first, second = slack.messages()
    assert DUPLICATE not in first["text"]
    assert DUPLICATE in second["text"]
    assert len(second["replies"]) == 1
    assert f"thread_ts={second['ts']}" in done.link


def test_a_later_status_in_a_batch_changes_the_reply(slack: Slack) -> None:
    connector, memory = slack.connector(), Kept()
    for result in (PROCESSING, VIDEO):
        _, memory = bring(slack, connector, replace(result, vendor_batch_id="vb_1"), memory)
    (parent,) = slack.messages()
    (reply,) = parent["replies"]
    assert reply["blocks"][0]["text"]["text"] == "Video ready"


def test_a_message_that_somebody_deleted_comes_anew(slack: Slack) -> None:
    connector = slack.connector()
    _, memory = bring(slack, connector, FAILED, Kept())
    (gone,) = slack.messages()
    assert connector.remove_test({"channel": CHANNEL, "ts": gone["ts"]}).ok
    bring(slack, connector, VIDEO, memory)
    (message,) = slack.messages()
    assert message["blocks"][0]["text"]["text"] == "Video ready"


def test_a_picture_that_cannot_be_fetched_is_left_out(slack: Slack) -> None:
    slack.order("broken-images", url=FOUR_IMAGES.outputs[2].url)
    bring(slack, slack.connector(), FOUR_IMAGES, Kept())
    (message,) = slack.messages()
    assert "image" not in [block["type"] for block in message["blocks"]]
    assert FOUR_IMAGES.outputs[2].url in json.dumps(message)


def test_check_and_test_and_its_removal(slack: Slack) -> None:
    connector = slack.connector()
    assert connector.check().ok
    tested = connector.test("key", round(slack.clock.now * 1000))
    assert tested.written == {"channel": CHANNEL, "ts": slack.messages()[0]["ts"]}
    assert connector.remove_test(tested.written).ok
    assert slack.messages() == []
    slack.order("channels", id=CHANNEL, is_member=False)
    assert "/invite @creativeai" in connector.check().message
    slack.order("tokens", token="xoxb-sandbox")
    assert "invalid_auth" in asked(connector.check).message


@pytest.mark.heavy
def test_results_at_the_pace_of_the_target_are_never_too_fast() -> None:
    """One attempt a second, as the claim gives them: single results, batches, pictures that are refused."""
    with running(paced=True) as slack:
        slack.order("broken-images", url=FOUR_IMAGES.outputs[0].url)
        connector = slack.connector()
        assert (connector.pace.calls_per_second, connector.pace.concurrency) == (0.9, 1)
        kinds = [VIDEO, replace(FOUR_IMAGES, kind="image"), FAILED]
        waiting = deque(
            (
                0.0,
                replace(
                    kinds[n % 3], generation_id=f"gen_{n}", vendor_batch_id=f"b_{n // 25}" if n % 2 else ""
                ),
                Kept(),
            )
            for n in range(200)
        )
        batches: dict[str, str] = {}
        done = 0
        while waiting:
            due, result, memory = waiting.popleft()
            slack.clock.now = max(slack.clock.now + 1.0, due)
            memory = Kept(memory.saved, batches.get(result.vendor_batch_id, "{}"))
            ended = connector.deliver(
                result, CONTEXT, "key", memory, NoFiles(), round(slack.clock.now * 1000)
            )
            if result.vendor_batch_id:
                batches[result.vendor_batch_id] = memory.saved_batch
            if isinstance(ended, NotYet):
                waiting.appendleft((slack.clock.now + ended.after, result, memory.after_crash()))
            else:
                done += 1
        assert done == 200
        assert {item.status for item in slack.sandbox.received("slack")} == {200}
