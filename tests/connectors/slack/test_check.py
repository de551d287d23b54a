"""Slack by bot token before the first result: the options, the check, the test message."""

import json

import pytest
from responses import RequestsMock

from tests.connectors.contract import (
    Refusal,
    field_errors,
)
from tests.connectors.slack.wire import BOT, CHANNEL, TOKEN, URL, accepts, no, stub


def test_check_tells_who_and_where() -> None:
    with RequestsMock(assert_all_requests_are_fired=False) as net:
        accepts(net)
        found = BOT.make().check()
    assert found.ok
    assert all(word in found.message for word in ("relay", "Acme", "#films"))


@pytest.mark.parametrize(
    ("scopes", "place", "ok", "said"),
    [
        ("channels:read", {}, False, "chat:write"),
        ("chat:write", {}, True, "channels:history"),
        ("chat:write,groups:history", {"is_member": False}, False, "/invite @relay"),
        ("chat:write,chat:write.public,groups:history", {"is_member": False}, True, "#films"),
        ("chat:write,groups:history", {"is_archived": True}, False, "archived"),
    ],
)
def test_check_sees_what_is_missing(scopes: str, place: dict[str, bool], ok: bool, said: str) -> None:
    told = {"ok": True, "channel": {"name": "films", "is_member": True, **place}}
    with RequestsMock(assert_all_requests_are_fired=False) as net:
        who = json.dumps({"ok": True, "team": "Acme", "user": "relay"})
        stub(net, "auth.test", Refusal(200, who, {"X-OAuth-Scopes": scopes}))
        stub(net, "conversations.info", json.dumps(told))
        found = BOT.make().check()
    assert found.ok is ok
    assert said in found.message


def test_check_without_the_scope_to_look_says_what_it_does_not_know() -> None:
    with RequestsMock(assert_all_requests_are_fired=False) as net:
        accepts(net, "conversations.info")
        stub(net, "conversations.info", no("missing_scope", needed="channels:read", provided="chat:write"))
        found = BOT.make().check()
    assert found.ok
    assert "channels:read" in found.message


def test_removing_a_test_that_is_gone_is_fine() -> None:
    with RequestsMock() as net:
        stub(net, "chat.delete", no("message_not_found"))
        assert BOT.make().remove_test({"channel": CHANNEL, "ts": "1.2"}).ok


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ({}, "bot_token"),
        ({"channel": "C0123"}, "bot_token"),
        ({"bot_token": TOKEN}, "channel"),
        ({"bot_token": TOKEN, "channel": "#films"}, "channel"),
        ({"bot_token": TOKEN, "channel": "c0123"}, "channel"),
        ({"bot_token": "xoxp-1", "channel": "C0123"}, "bot_token"),
        ({"bot_token": "xoxb-a b", "channel": "C0123"}, "bot_token"),
        ({"bot_token": TOKEN, "channel": "C0123", "webhook_url": URL}, "bot_token"),
        ({"webhook_url": URL, "channel": "C0123"}, "channel"),
    ],
)
def test_exactly_one_way_is_taken_and_the_field_that_is_wrong_is_named(
    given: dict[str, str], wrong: str
) -> None:
    found = field_errors("slack", given)
    assert wrong in found
    assert "s3cret" not in str(found)


def test_each_way_alone_is_fine() -> None:
    assert field_errors("slack", {"webhook_url": URL}) == {}
    assert field_errors("slack", {"bot_token": TOKEN, "channel": "C0123"}) == {}
