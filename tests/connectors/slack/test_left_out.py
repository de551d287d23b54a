"""Slack by bot token: what is posted, and what of it is left out where Slack refuses it."""

import json
from dataclasses import replace

import pytest
from responses import RequestsMock

from connectors.base import Done, NotYet
from relay.models.core import Result
from tests.connectors.contract import FAILED, FOUR_IMAGES, HOSTILE, KEY, NOW, VIDEO, Kept
from tests.connectors.files import NoFiles
from tests.connectors.slack.test_blocks import RESULTS
from tests.connectors.slack.wire import BOT, IN_BATCH, accepts, no, sent, stub, visible


def test_a_picture_that_slack_cannot_fetch_costs_the_picture_and_not_the_message() -> None:
    refused = no("invalid_blocks", errors=["downloading image failed [json-pointer:/blocks/2/image_url]"])
    memory = Kept()
    with RequestsMock(assert_all_requests_are_fired=False) as net:
        stub(net, "chat.postMessage", refused, json.dumps({"ok": True, "ts": "1.2"}))
        waits = BOT.attempt(memory, FOUR_IMAGES)
        assert isinstance(waits, NotYet)
        assert waits.after >= 1
        assert isinstance(BOT.attempt(memory.after_crash(), FOUR_IMAGES), Done)
        first, second = sent(net)
    assert [block["type"] for block in first["blocks"]].count("image") == 4
    assert [block["type"] for block in second["blocks"]].count("image") == 0
    assert len(second["blocks"][-2]["elements"]) == 4


@pytest.mark.parametrize("word", ["invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long"])
def test_refused_blocks_leave_the_text_with_its_links_once(word: str) -> None:
    memory = Kept()
    with RequestsMock(assert_all_requests_are_fired=False) as net:
        stub(net, "chat.postMessage", no(word))
        error = BOT.failure_of(memory)
        plain = sent(net)
    assert error.whose == "record"
    assert [("blocks" in each) for each in plain] == [True, False]
    assert "<https://cdn.example.com/vgen_abc123.mp4|Open file>" in plain[-1]["text"]


def test_sent_again_on_purpose_the_picture_is_tried_again() -> None:
    refused = no("invalid_blocks", errors=["downloading image failed [json-pointer:/blocks/2/image_url]"])
    memory = Kept()
    with RequestsMock(assert_all_requests_are_fired=False) as net:
        accepts(net, "chat.postMessage")
        stub(net, "chat.postMessage", refused, json.dumps({"ok": True, "ts": "1.2"}))
        BOT.deliver(FOUR_IMAGES, memory)
        BOT.deliver(FOUR_IMAGES, memory.after_crash())
        assert any(block["type"] == "image" for block in sent(net)[-1]["blocks"])


def test_a_thread_that_is_gone_leaves_the_channel() -> None:
    memory = Kept()
    with RequestsMock(assert_all_requests_are_fired=False) as net:
        ok = json.dumps({"ok": True, "ts": "1.2"})
        stub(net, "chat.postMessage", ok, no("thread_not_found"), ok)
        BOT.deliver(IN_BATCH, memory)
        assert [each.get("thread_ts") for each in sent(net)] == [None, "1.2", None]


def test_a_batch_s_name_is_made_harmless_too() -> None:
    with RequestsMock(assert_all_requests_are_fired=False) as net:
        accepts(net)
        BOT.deliver(replace(VIDEO, vendor_batch_id="<!channel> & co"))
        assert sent(net)[0]["text"].startswith("*Batch &lt;!channel&gt; &amp; co*")


@pytest.mark.parametrize("result", RESULTS.values(), ids=RESULTS)
def test_every_message_passes_slack_s_own_models_with_a_job_and_an_end(result: Result) -> None:
    page = "https://relay.example.com/" + "j" * 970
    limited = replace(result, links_end_at=NOW, page=page)
    context = {"title": "&" * 500}
    with RequestsMock(assert_all_requests_are_fired=False) as net:
        accepts(net)
        BOT.make().deliver(limited, context, KEY, Kept(), NoFiles(), NOW)
        (message,) = sent(net)
    visible(message)
    assert len(json.dumps(message["blocks"], ensure_ascii=False)) < 13_000


def test_a_hostile_prompt_pings_nobody() -> None:
    with RequestsMock(assert_all_requests_are_fired=False) as net:
        accepts(net)
        BOT.deliver(replace(FAILED, prompt=HOSTILE, error=HOSTILE))
        raw = str(net.calls[0].request.body)
    assert "<!" not in raw
    assert "<@" not in raw
