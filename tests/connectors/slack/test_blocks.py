"""Slack messages: within its limits, with words that stay words, and with the links that live longest."""

import json
import re
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

import pytest

from connectors.slack.blocks import message
from relay.models.core import Output, Result, ResultStatus
from tests.connectors.contract import CONTEXT, FAILED, FOUR_IMAGES, HOSTILE, KEY, VIDEO
from tests.connectors.slack.wire import validate

DUPLICATE = "This may be a duplicate: the first try got no answer."
LONG = "https://cdn.example.com/" + "a" * 2900 + ".png"
RESULTS = {
    "video": VIDEO,
    "failed": FAILED,
    "four images": FOUR_IMAGES,
    "processing": replace(VIDEO, status=ResultStatus.PROCESSING, outputs=()),
    "twelve": replace(VIDEO, outputs=tuple(Output(f"https://cdn.example.com/{n}.gif") for n in range(12))),
    "long links": replace(VIDEO, outputs=(Output(LONG), Output(LONG), Output(LONG + "?" + "b" * 200))),
    "ampersands": replace(FAILED, prompt="&" * 5000, error="<" * 5000, error_code=">" * 500, model="&" * 500),
    "odd links": replace(
        VIDEO, outputs=(Output("data:image/png;base64,AAAA"), Output("https://x.example/a|b>c"))
    ),
    "bare": Result("x", ResultStatus.COMPLETED),
}


@pytest.mark.parametrize("result", RESULTS.values(), ids=RESULTS)
@pytest.mark.parametrize("context", [{}, {"title": "&" * 500, "sku": 7}, {"title": ["odd"]}])
def test_every_message_is_within_slack_s_limits(result: Result, context: dict[str, Any]) -> None:
    sent = message(result, context, DUPLICATE)
    for block in sent["blocks"]:
        validate(block)
        assert len(block.get("text", {}).get("text", "")) <= 3000
    assert len(sent["blocks"]) <= 50
    assert len(json.dumps(sent["blocks"], ensure_ascii=False)) < 13_000
    for text in (sent["text"], message(result, context, DUPLICATE, blocks=False)["text"]):
        assert 0 < len(text) <= 4000
        assert DUPLICATE in text


def test_nobody_is_pinged_and_nothing_becomes_a_link() -> None:
    sent = json.dumps(message(replace(FAILED, prompt=HOSTILE, error=HOSTILE), {"title": HOSTILE}))
    assert "<!" not in sent
    assert "<@" not in sent
    assert "<script" not in sent
    assert "&lt;!channel&gt;" in sent
    blocks = json.loads(sent)["blocks"]
    marked = [each for block in blocks for each in [block.get("text"), *block.get("elements", [])] if each]
    assert all(each["verbatim"] for each in marked if each["type"] == "mrkdwn")


def test_images_are_shown_and_other_files_are_linked() -> None:
    kinds = {
        Output("https://x.example/a.png"): True,
        Output("https://x.example/A.JPEG?sig=1"): True,
        Output("https://x.example/a", "image/gif"): True,
        Output("https://x.example/a.png", "image/webp"): False,
        Output("https://x.example/a.mp4"): False,
    }
    for output, is_shown in kinds.items():
        types = [block["type"] for block in message(replace(VIDEO, outputs=(output,)), {})["blocks"]]
        assert ("image" in types) is is_shown
        assert "actions" in types


def test_files_that_do_not_fit_are_counted() -> None:
    sent = json.dumps(message(RESULTS["twelve"], {}))
    assert "2 more in the relay's own page" in sent


def test_a_failure_says_so_and_repeats_the_vendor_s_words() -> None:
    sent = message(FAILED, CONTEXT)
    assert sent["blocks"][0]["text"]["text"] == "Video failed"
    assert "CreativeAI said: The provider &lt;kling&gt; refused" in json.dumps(sent)
    assert KEY not in json.dumps(sent)


def actions(sent: dict[str, Any]) -> list[tuple[str, str]]:
    elements = [each for block in sent["blocks"] if block["type"] == "actions" for each in block["elements"]]
    return [(each["text"]["text"], each["url"]) for each in elements]


def test_a_second_button_opens_the_job_where_its_address_is_known() -> None:
    job = "https://relay.example.com/generations/vgen_abc123"
    assert actions(message(replace(VIDEO, page=job), {})) == [
        ("Open file", VIDEO.outputs[0].url),
        ("Open job", job),
    ]
    assert actions(message(replace(FAILED, page=job), {})) == [("Open job", job)]
    assert f"<{job}|Open job>" in message(replace(VIDEO, page=job), {}, blocks=False)["text"]
    for none in ("", "https://x.example/" + "j" * 1000):
        assert actions(message(replace(FAILED, page=none), {})) == []


def test_the_context_makes_no_button() -> None:
    context = {"job_url": "https://evil.example/phishing", "page": "https://evil.example/"}
    assert actions(message(FAILED, context)) == []


@pytest.mark.parametrize(
    "address",
    [
        "https://x.example/a|b>c",
        "https://x.example/>|<!channel>",
        "https://x.example/?a=|<@U1>",
        "https://x.example/<b",
    ],
)
def test_no_address_breaks_out_of_its_link(address: str) -> None:
    result = replace(VIDEO, outputs=(Output(address),), page=address)
    text = message(result, {}, blocks=False)["text"]
    links = re.findall(r"<([^<>|]*)\|([^<>|]*)>", text)
    assert [label for _, label in links] == ["Open file", "Open job"]
    assert [unquote(url) for url, _ in links] == [address] * 2
    rest = re.sub(r"<[^<>|]*\|[^<>|]*>", "", text)
    assert not set(rest) & set("<>|")
    assert {unquote(url) for _, url in actions(message(result, {}))} == {address}


def test_our_copy_is_what_is_linked_and_shown() -> None:
    copy = "https://relay.example.com/files/1"
    sent = message(replace(VIDEO, outputs=(Output("https://x.example/a.png", archived_url=copy),)), {})
    assert actions(sent) == [("Open file", copy)]
    assert [block["image_url"] for block in sent["blocks"] if block["type"] == "image"] == [copy]


def test_the_end_of_the_vendor_s_links_is_told_and_ours_have_none() -> None:
    limited = replace(VIDEO, links_end_at=1_795_000_000_000)
    told = "Links end on 18 November 2026."
    assert told in json.dumps(message(limited, {}))
    assert told in message(limited, {}, blocks=False)["text"]
    ours = replace(limited, outputs=(Output("https://x.example/a", archived_url="https://y.example/a"),))
    assert "Links end" not in json.dumps(message(ours, {})) + json.dumps(message(VIDEO, {}))
