"""The sandbox's Slack Web API answers as Slack's does: to Slack's own client, and in its own words."""

from collections.abc import Callable
from typing import Any

import pytest
import requests
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from sandbox import PlannedResponse, Sandbox
from tests.sandbox.client import Client, Clock

CHANNEL = "C0SANDBOX"
METADATA = {"event_type": "order", "event_payload": {"key": "vgen_1"}}
IMAGE = {"type": "image", "image_url": "https://example.com/a.png", "alt_text": "A kite"}


@pytest.fixture
def sandbox(start: Callable[..., Sandbox]) -> Sandbox:
    return start(paced=False)


@pytest.fixture
def slack(sandbox: Sandbox) -> WebClient:
    """Slack's own client."""
    return WebClient("xoxb-sandbox", base_url=f"{sandbox.url}/api/")


def refusal(call: Callable[..., Any], **fields: Any) -> dict[str, Any]:
    with pytest.raises(SlackApiError) as caught:
        call(**fields)
    return dict(caught.value.response.data)


def order(client: Client, what: str, **asked: Any) -> None:
    assert client.call("POST", f"/sandbox/slack/{what}", json=asked).status_code == 202


def test_a_message_is_posted_changed_and_deleted(slack: WebClient) -> None:
    ts = slack.chat_postMessage(channel=CHANNEL, text="One", blocks=[IMAGE])["ts"]
    slack.chat_update(channel=CHANNEL, ts=ts, text="Two")
    (message,) = slack.conversations_history(channel=CHANNEL)["messages"]
    assert (message["text"], message["ts"], "blocks" in message) == ("Two", ts, False)
    slack.chat_delete(channel=CHANNEL, ts=ts)
    assert slack.conversations_history(channel=CHANNEL)["messages"] == []
    assert refusal(slack.chat_update, channel=CHANNEL, ts=ts, text="x")["error"] == "message_not_found"
    assert refusal(slack.chat_delete, channel=CHANNEL, ts=ts)["error"] == "message_not_found"


def test_metadata_is_told_to_those_who_ask(slack: WebClient) -> None:
    slack.chat_postMessage(channel=CHANNEL, text="One", metadata=METADATA)
    (plain,) = slack.conversations_history(channel=CHANNEL)["messages"]
    (full,) = slack.conversations_history(channel=CHANNEL, include_all_metadata=True)["messages"]
    assert "metadata" not in plain
    assert full["metadata"] == METADATA


def test_replies_are_in_their_thread_and_not_in_the_channel(slack: WebClient) -> None:
    parent = slack.chat_postMessage(channel=CHANNEL, text="Parent")["ts"]
    for text in ("One", "Two"):
        slack.chat_postMessage(channel=CHANNEL, text=text, thread_ts=parent)
    assert [each["text"] for each in slack.conversations_history(channel=CHANNEL)["messages"]] == ["Parent"]
    thread = slack.conversations_replies(channel=CHANNEL, ts=parent)["messages"]
    assert [each["text"] for each in thread] == ["Parent", "One", "Two"]
    assert {each["thread_ts"] for each in thread} == {parent}
    assert refusal(slack.conversations_replies, channel=CHANNEL, ts="1.0")["error"] == "thread_not_found"


def test_history_comes_in_pages_from_the_newest_to_the_oldest_asked_for(
    slack: WebClient, clock: Clock
) -> None:
    for number in range(7):
        clock.now += 10
        slack.chat_postMessage(channel=CHANNEL, text=str(number))
    first = slack.conversations_history(channel=CHANNEL, oldest=str(clock.now - 45), limit=3)
    rest = slack.conversations_history(
        channel=CHANNEL,
        oldest=str(clock.now - 45),
        limit=3,
        cursor=first["response_metadata"]["next_cursor"],
    )
    assert [each["text"] for each in first["messages"]] == ["6", "5", "4"]
    assert [each["text"] for each in rest["messages"]] == ["3", "2"]
    assert (first["has_more"], rest["has_more"]) == (True, False)


def test_the_bounds_of_history_are_outside_unless_asked_for(slack: WebClient) -> None:
    ts = slack.chat_postMessage(channel=CHANNEL, text="One")["ts"]
    assert slack.conversations_history(channel=CHANNEL, oldest=ts)["messages"] == []
    assert len(slack.conversations_history(channel=CHANNEL, oldest=ts, inclusive=True)["messages"]) == 1


def test_a_token_is_asked_for_and_its_scopes_count(
    slack: WebClient, client: Client, sandbox: Sandbox
) -> None:
    assert refusal(WebClient("", base_url=slack.base_url).auth_test)["error"] == "not_authed"
    assert refusal(WebClient("xoxb-other", base_url=slack.base_url).auth_test)["error"] == "invalid_auth"
    order(client, "tokens", token="xoxb-other", scopes=["channels:read"])
    other = WebClient("xoxb-other", base_url=slack.base_url)
    assert other.auth_test().headers["X-OAuth-Scopes"] == "channels:read"
    refused = refusal(other.chat_postMessage, channel=CHANNEL, text="x")
    assert (refused["error"], refused["needed"]) == ("missing_scope", "chat:write")
    assert refused["provided"] == "channels:read"
    order(client, "tokens", token="xoxb-other")
    assert refusal(other.auth_test)["error"] == "invalid_auth"


def test_a_channel_says_why_it_takes_nothing(slack: WebClient, client: Client) -> None:
    assert refusal(slack.chat_postMessage, channel="C0NONE", text="x")["error"] == "channel_not_found"
    order(client, "channels", id="C0OTHER", name="other", is_member=False)
    assert refusal(slack.chat_postMessage, channel="C0OTHER", text="x")["error"] == "not_in_channel"
    order(client, "channels", id="C0OTHER", is_member=True, is_archived=True)
    assert refusal(slack.chat_postMessage, channel="C0OTHER", text="x")["error"] == "is_archived"
    told = slack.conversations_info(channel="C0OTHER")["channel"]
    assert (told["name"], told["is_member"], told["is_archived"]) == ("other", True, True)


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"text": ""}, "no_text"),
        ({"text": "x" * 40_001}, "msg_too_long"),
        ({"text": "x", "blocks": [{**IMAGE, "alt_text": ""}]}, "invalid_blocks"),
        (
            {
                "text": "x",
                "blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "x" * 2900}}] * 5,
            },
            "msg_blocks_too_long",
        ),
        ({"text": "x", "metadata": {"event_type": "order"}}, "invalid_metadata_format"),
        ({"text": "x", "thread_ts": "1.0"}, "thread_not_found"),
    ],
)
def test_a_message_that_does_not_fit_is_refused(slack: WebClient, fields: dict[str, Any], word: str) -> None:
    call = {"api_method": "chat.postMessage", "json": {"channel": CHANNEL, **fields}}
    assert refusal(slack.api_call, **call)["error"] == word


def test_a_picture_can_be_ordered_to_be_missing(slack: WebClient, client: Client) -> None:
    order(client, "broken-images", url=IMAGE["image_url"])
    refused = refusal(slack.chat_postMessage, channel=CHANNEL, text="x", blocks=[IMAGE])
    assert refused["error"] == "invalid_blocks"
    assert refused["errors"] == ["downloading image failed [json-pointer:/blocks/0/image_url]"]


def test_more_than_a_message_a_second_is_too_fast_where_it_is_paced(
    start: Callable[..., Sandbox], clock: Clock
) -> None:
    url = f"{start(paced=True).url}/api/chat.postMessage"
    headers = {"Authorization": "Bearer xoxb-sandbox"}
    statuses = []
    for wait in (0.0, 0.9, 0.1, 1.0):
        clock.now += wait
        answer = requests.post(url, json={"channel": CHANNEL, "text": "x"}, headers=headers, timeout=5)
        statuses.append(answer.status_code)
        if answer.status_code == 429:
            assert answer.headers["Retry-After"] == "1"
            assert answer.json() == {"ok": False, "error": "ratelimited"}
    assert statuses == [200, 429, 200, 200]


def test_forms_are_read_as_json_is(sandbox: Sandbox) -> None:
    headers = {"Authorization": "Bearer xoxb-sandbox"}
    form = {"channel": CHANNEL, "text": "One", "blocks": "[]"}
    answer = requests.post(f"{sandbox.url}/api/chat.postMessage", data=form, headers=headers, timeout=5)
    assert answer.json()["ok"]
    for body, word in (("{", "invalid_json"), ("[]", "json_not_object")):
        kind = {**headers, "Content-Type": "application/json"}
        refused = requests.post(f"{sandbox.url}/api/chat.postMessage", data=body, headers=kind, timeout=5)
        assert refused.json() == {"ok": False, "error": word}


def test_what_is_no_method_is_unknown(slack: WebClient) -> None:
    assert refusal(slack.api_call, api_method="chat.shout")["error"] == "unknown_method"


def test_any_other_answer_can_be_planned_and_all_calls_are_kept(slack: WebClient, sandbox: Sandbox) -> None:
    sandbox.plan_response("slack", PlannedResponse(200, '{"ok": false, "error": "fatal_error"}'))
    assert refusal(slack.chat_postMessage, channel=CHANNEL, text="x")["error"] == "fatal_error"
    assert [item.path for item in sandbox.received("slack")] == ["/api/chat.postMessage"]
    assert slack.conversations_history(channel=CHANNEL)["messages"] == []


def test_a_lost_answer_is_of_a_message_that_stands(slack: WebClient, sandbox: Sandbox) -> None:
    sandbox.drop_responses(1.0)
    with pytest.raises(OSError, match=r".+"):
        slack.chat_postMessage(channel=CHANNEL, text="One")
    sandbox.drop_responses(0.0)
    assert {each["text"] for each in slack.conversations_history(channel=CHANNEL)["messages"]} == {"One"}


def test_the_page_shows_messages_threads_and_those_of_webhooks_and_nothing_in_it_runs(
    slack: WebClient, client: Client
) -> None:
    hostile = "&lt;script&gt;alert(1)&lt;/script&gt; <script>"
    buttons = [
        {"type": "button", "text": {"type": "plain_text", "text": "Open file"}, "url": url}
        for url in ("https://example.com/a.mp4", "javascript:alert(1)")
    ]
    parent = slack.chat_postMessage(channel=CHANNEL, text=hostile)["ts"]
    slack.chat_postMessage(
        channel=CHANNEL,
        text="x",
        thread_ts=parent,
        blocks=[{"type": "actions", "elements": buttons}, IMAGE],
    )
    assert client.call("POST", "/services/T0/B0/token", json={"text": "By webhook"}).text == "ok"
    page = client.call("GET", "/sandbox/slack", headers={"Accept": "text/html,*/*;q=0.8"}).text
    assert "<script>" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "By webhook" in page
    assert '<a href="https://example.com/a.mp4"' in page
    assert "javascript:" not in page
    told = client.call("GET", "/sandbox/slack").json()["channels"][0]["messages"]
    assert [len(message["replies"]) for message in told] == [1, 0]


def test_an_order_that_cannot_be_read_is_refused(client: Client) -> None:
    assert client.call("POST", "/sandbox/slack/tokens", json={}).json()["error"]["param"] == "token"
