"""Slack by bot token: one message per generation, kept up to date, and what Slack's refusals mean."""

import json
from dataclasses import replace

import pytest
from responses import RequestsMock

from tests.connectors.contract import (
    FAILED,
    KEY,
    VIDEO,
    Kept,
    Refusal,
)
from tests.connectors.slack.wire import CHANNEL, TOKEN, Bot, accepts, no, sent, stub


class TestContract(Bot):
    @pytest.mark.parametrize(
        ("word", "ambiguous"),
        [
            ("fatal_error", True),
            ("internal_error", True),
            ("team_added_to_org", False),
            ("msg_too_long", False),
        ],
    )
    def test_a_clear_no_is_not_ambiguous(self, word: str, ambiguous: bool) -> None:
        assert self.failure(Refusal(200, no(word))).ambiguous is ambiguous

    def test_too_fast_holds_the_channel_also_where_slack_says_it_in_a_200(self) -> None:
        for refusal in (Refusal(429), Refusal(200, no("ratelimited")), Refusal(200, no("rate_limited"))):
            error = self.failure(refusal)
            assert (error.status, error.retry_after, error.ambiguous) == (429, 30, False)

    def test_a_missing_scope_is_named(self) -> None:
        error = self.failure(Refusal(200, no("missing_scope", needed="chat:write", provided="channels:read")))
        assert "chat:write" in error.message
        assert "channels:read" in error.message

    def test_an_app_that_is_not_in_the_channel_is_to_be_invited(self) -> None:
        assert "/invite @" in self.failure(Refusal(200, no("not_in_channel"))).message

    def test_the_message_carries_the_generation_unseen_and_the_token_goes_in_the_header(self) -> None:
        with RequestsMock(assert_all_requests_are_fired=False) as net:
            accepts(net)
            done = self.deliver()
            (message,) = sent(net)
            assert net.calls[0].request.headers["Authorization"] == f"Bearer {TOKEN}"
        assert message["metadata"] == {
            "event_type": "creativeai_delivery",
            "event_payload": {"key": VIDEO.generation_id, "delivery": KEY},
        }
        assert (message["channel"], message["unfurl_links"], message["unfurl_media"]) == (
            CHANNEL,
            False,
            False,
        )
        assert done.link == f"https://slack.com/archives/{CHANNEL}/p1700000000000100"

    @pytest.mark.parametrize("word", ["message_not_found", "cant_update_message", "edit_window_closed"])
    def test_a_message_that_cannot_be_changed_is_followed_by_a_new_one(self, word: str) -> None:
        memory = Kept()
        with RequestsMock(assert_all_requests_are_fired=False) as net:
            accepts(net, "chat.update")
            stub(net, "chat.update", no(word), json.dumps({"ok": True}))
            self.deliver(FAILED, memory)
            memory = memory.after_crash()
            self.deliver(VIDEO, memory)
            self.deliver(VIDEO, memory)
            posts, updates = sent(net, "chat.postMessage"), sent(net, "chat.update")
        assert len(posts) == 2
        assert updates[-1]["ts"] == "1700000001.000100"

    def test_a_result_that_is_older_than_what_the_message_says_changes_nothing(self) -> None:
        memory = Kept()
        with RequestsMock(assert_all_requests_are_fired=False) as net:
            accepts(net)
            self.deliver(VIDEO, memory)
            done = self.deliver(FAILED, memory.after_crash())
            assert len(sent(net)) == 1
        assert "completed" in done.note

    def test_an_update_removes_blocks_that_it_does_not_have(self) -> None:
        memory = Kept()
        with RequestsMock(assert_all_requests_are_fired=False) as net:
            accepts(net, "chat.update")
            stub(net, "chat.update", no("invalid_blocks"), json.dumps({"ok": True}))
            self.deliver(FAILED, memory)
            self.deliver(VIDEO, memory)
            assert sent(net)[-1]["blocks"] == []

    def test_another_channel_gets_a_message_of_its_own(self) -> None:
        memory = Kept()
        with RequestsMock(assert_all_requests_are_fired=False) as net:
            accepts(net)
            self.deliver(FAILED, memory)
            moved = replace(self.case, options={"bot_token": TOKEN, "channel": "C0456"})
            other = type("Moved", (TestContract,), {"case": moved})()
            other.deliver(VIDEO, memory.after_crash())
            assert [each["channel"] for each in sent(net)] == [CHANNEL, "C0456"]
