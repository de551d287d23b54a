"""Slack by bot token after a lost answer: looked for, adopted, or said to be in doubt."""

import json
from dataclasses import replace

import pytest
import requests
from responses import RequestsMock

from connectors.base import Done
from relay.errors import RemoteError
from tests.connectors.contract import (
    CONTEXT,
    FAILED,
    KEY,
    NOW,
    VIDEO,
    Kept,
    Refusal,
)
from tests.connectors.files import NoFiles
from tests.connectors.slack.test_blocks import DUPLICATE
from tests.connectors.slack.wire import BOT, CHANNEL, IN_BATCH, accepts, form, method, no, sent, shown, stub


@pytest.mark.parametrize("refused", [Refusal(200, no("not_in_channel")), Refusal(429)])
def test_a_thread_that_was_clearly_refused_is_not_looked_for(refused: Refusal) -> None:
    memory = Kept()
    with RequestsMock(assert_all_requests_are_fired=False) as net:
        stub(net, "chat.postMessage", refused)
        with pytest.raises(RemoteError):
            BOT.attempt(memory, IN_BATCH)
    assert memory.after_crash().batch == {}


def test_looking_for_a_lost_post_reads_every_page_and_what_came_before_the_clock_said() -> None:
    memory = Kept()
    BOT.failure(requests.ReadTimeout("slow"), memory)
    mark = {
        "event_type": "creativeai_delivery",
        "event_payload": {"key": VIDEO.generation_id, "delivery": KEY},
    }
    other = {"ts": "9.9", "metadata": {**mark, "event_type": "somebody else's"}}
    pages = [
        {"ok": True, "messages": [other, "odd"], "response_metadata": {"next_cursor": "p2"}},
        {"ok": True, "messages": [{"ts": "7.7", "metadata": mark}]},
    ]
    with RequestsMock(assert_all_requests_are_fired=False) as net:
        stub(net, "conversations.history", *map(json.dumps, pages))
        stub(net, "chat.update", json.dumps({"ok": True}))
        assert BOT.attempt(memory.after_crash()) == replace(
            Done(status=200, answer=json.dumps({"ok": True})),
            link=f"https://slack.com/archives/{CHANNEL}/p77",
        )
        first, second = (form(call) for call in list(net.calls)[:2])
        assert sent(net)[0]["ts"] == "7.7"
    assert second["cursor"] == ["p2"]
    assert float(first["oldest"][0]) < NOW / 1000
    assert first["include_all_metadata"] == ["true"]


def test_more_pages_than_we_read_leave_the_doubt_and_the_doubt_is_said() -> None:
    memory = Kept()
    BOT.failure(requests.ReadTimeout("slow"), memory)
    more = {"ok": True, "messages": [], "response_metadata": {"next_cursor": "more"}}
    for answers in ([json.dumps(more)], [json.dumps(more), Refusal(429, "", {"Retry-After": "60"})]):
        with RequestsMock(assert_all_requests_are_fired=False) as net:
            accepts(net, "conversations.history")
            stub(net, "conversations.history", *answers)
            ended = BOT.attempt(memory.after_crash())
            assert DUPLICATE in shown(net)
        assert isinstance(ended, Done)
        assert ended.note == "may be a duplicate"


def test_a_doubt_is_looked_into_from_its_beginning_and_outlives_a_second_lost_answer() -> None:
    memory, hours = Kept(), 3_600_000
    BOT.failure(requests.ReadTimeout("slow"), memory)
    memory = memory.after_crash()
    with RequestsMock(assert_all_requests_are_fired=False) as net:
        stub(net, "conversations.history", no("missing_scope"))
        stub(net, "chat.postMessage", requests.ReadTimeout("slow"))
        with pytest.raises(RemoteError):
            BOT.make().deliver(VIDEO, CONTEXT, KEY, memory, NoFiles(), NOW + 6 * hours)
    mark = {
        "event_type": "creativeai_delivery",
        "event_payload": {"key": VIDEO.generation_id, "delivery": KEY},
    }
    found = json.dumps({"ok": True, "messages": [{"ts": "7.7", "metadata": mark}]})
    with RequestsMock(assert_all_requests_are_fired=False) as net:
        stub(net, "conversations.history", found)
        stub(net, "chat.update", json.dumps({"ok": True}))
        ended = BOT.make().deliver(VIDEO, CONTEXT, KEY, memory.after_crash(), NoFiles(), NOW + 12 * hours)
        assert float(form(net.calls[0])["oldest"][0]) < NOW / 1000
        assert DUPLICATE in shown(net)
    assert isinstance(ended, Done)
    assert ended.note == "may be a duplicate"


def test_while_slack_cannot_be_asked_nothing_is_repeated() -> None:
    memory = Kept()
    BOT.failure(requests.ReadTimeout("slow"), memory)
    for broken in (Refusal(429), Refusal(500), requests.ReadTimeout("slow")):
        with RequestsMock(assert_all_requests_are_fired=False) as net:
            accepts(net, "conversations.history")
            stub(net, "conversations.history", broken)
            assert BOT.failure_of(memory.after_crash()).whose == "transient"
            assert sent(net) == []


def test_what_a_marked_repeat_says_stays_true_when_it_is_changed_later() -> None:
    memory = Kept()
    BOT.failure(requests.ReadTimeout("slow"), memory)
    with RequestsMock(assert_all_requests_are_fired=False) as net:
        accepts(net, "conversations.history")
        stub(net, "conversations.history", no("missing_scope"))
        BOT.deliver(FAILED, memory)
        assert BOT.deliver(VIDEO, memory.after_crash()).note == "may be a duplicate"
        assert DUPLICATE in shown(net)


@pytest.mark.parametrize(
    "certain", [requests.ConnectTimeout("no"), Refusal(429), Refusal(200, no("no_text"))]
)
def test_after_a_clear_no_nothing_is_looked_for(certain: Refusal | Exception) -> None:
    memory = Kept()
    BOT.failure(certain, memory)
    with RequestsMock(assert_all_requests_are_fired=False) as net:
        accepts(net)
        assert BOT.deliver(memory=memory.after_crash()).note == ""
        assert [method(call) for call in net.calls] == ["chat.postMessage"]


def test_an_ok_without_a_place_is_in_doubt() -> None:
    assert BOT.failure(Refusal(200, '{"ok": true}')).ambiguous
