"""Slack: messages that it accepts, words that stay words, and posts whose answer was lost."""

import html
import json
from collections.abc import Callable
from typing import Any

import pytest
import requests
from responses import RequestsMock

import connectors
from relay.errors import RemoteError
from relay.http.client import Http
from tests.connectors.contract import (
    CONTEXT,
    CREDITS,
    FOUR_IMAGES,
    KEY,
    MODEL,
    NOW,
    VIDEO,
    WORDS,
    Case,
    Contract,
    Kept,
    Refusal,
    asked,
    field_errors,
)
from tests.connectors.files import NoFiles
from tests.connectors.slack.test_blocks import DUPLICATE
from tests.connectors.slack.wire import URL, validate
from tests.samples import PATH

REFUSALS = json.loads((PATH / "slack/refusals.json").read_text(encoding="utf-8"))


def empty_or(answer: tuple[int, dict[str, str], str]) -> Callable[[Any], tuple[int, dict[str, str], str]]:
    """Slack's own order: an empty text is refused first, where the hook lives."""

    def reply(request: Any) -> tuple[int, dict[str, str], str]:
        return answer if json.loads(request.body)["text"] else (400, {}, "no_text")

    return reply


def accepts(net: RequestsMock) -> None:
    net.add_callback("POST", URL, empty_or((200, {}, "ok")))


def refuses(net: RequestsMock, answer: Refusal | Exception) -> None:
    if isinstance(answer, Exception):
        net.post(URL, body=answer)
    else:
        net.post(URL, status=answer.status, body=answer.body, headers=dict(answer.headers))


def stopped(_: Any) -> tuple[int, dict[str, str], str]:
    raise KeyboardInterrupt


def posted(net: RequestsMock) -> list[dict[str, Any]]:
    return [json.loads(call.request.body or b"") for call in net.calls]


def shown(net: RequestsMock) -> str:
    """What the channel shows of the last message: text, blocks and links, unescaped as Slack does."""
    sent = posted(net)[-1]
    for block in sent.get("blocks", []):
        validate(block)
    parts = [sent["text"]]
    for block in sent.get("blocks", []):
        texts = [block.get("text", {}), *block.get("elements", [])]
        parts += [each["text"] for each in texts if isinstance(each.get("text"), str)]
        parts += [each["url"] for each in block.get("elements", []) if "url" in each]
    return html.unescape("\n".join(parts))


class TestContract(Contract):
    case = Case(
        kind="slack",
        options={"webhook_url": URL},
        secrets=(URL, "s3cretS3cretS3cret"),
        accepts=accepts,
        refuses=refuses,
        shown=shown,
        keys=None,
        refusals={
            "transient": tuple(Refusal(*each) for each in REFUSALS["transient"]),
            "record": tuple(Refusal(*each) for each in (*REFUSALS["record"], (418, "teapot"))),
            "connection": tuple(Refusal(*each) for each in REFUSALS["connection"]),
        },
        longest=300,
        known_by_job=(WORDS, MODEL, f"{CREDITS} credits"),
    )

    def test_a_page_of_somebody_in_between_is_no_yes(self) -> None:
        error = self.failure(Refusal(200, "<html>Welcome to the hotel</html>"))
        assert (error.whose, error.ambiguous) == ("transient", True)

    def test_throttling_without_a_time_waits_half_a_minute(self) -> None:
        assert self.failure(Refusal(429)).retry_after == 30

    @pytest.mark.parametrize("word", ["invalid_blocks", "downloading image failed [json-pointer:/blocks/2]"])
    def test_a_broken_image_costs_the_image_and_not_the_message(self, word: str) -> None:
        with RequestsMock() as net:
            net.post(URL, status=400, body=word)
            net.post(URL, status=200, body="ok")
            self.deliver(FOUR_IMAGES)
            first, second = posted(net)
        assert [block["type"] for block in first["blocks"]].count("image") == 4
        assert [block["type"] for block in second["blocks"]].count("image") == 0
        assert len(second["blocks"][-2]["elements"]) == 4

    def test_refused_blocks_leave_the_text_with_its_links(self) -> None:
        with RequestsMock() as net:
            net.post(URL, status=400, body="invalid_blocks_format")
            net.post(URL, status=200, body="ok")
            self.deliver()
            plain = posted(net)[-1]
        assert "blocks" not in plain
        assert "<https://cdn.example.com/vgen_abc123.mp4|Open file>" in plain["text"]

    @pytest.mark.parametrize("lost", [requests.ReadTimeout("slow"), Refusal(500, "rollup_error")])
    def test_after_a_lost_answer_the_repeat_says_that_it_may_be_one(self, lost: Refusal | Exception) -> None:
        memory = Kept()
        self.failure(lost, memory)
        again = memory.after_crash()
        with RequestsMock() as net:
            accepts(net)
            done = self.deliver(memory=again)
            assert DUPLICATE in shown(net)
        assert done.note == "may be a duplicate"
        assert again.after_crash() == {}

    def test_one_lost_answer_after_the_other_leaves_nothing_new_in_memory(self) -> None:
        """Else each would look like a step further, and be followed at once by another possible double."""
        memory, found = Kept(), []
        for hours in range(2):
            with RequestsMock() as net:
                net.post(URL, body=requests.ReadTimeout("slow"))
                with pytest.raises(RemoteError):
                    self.make().deliver(VIDEO, CONTEXT, KEY, memory, NoFiles(), NOW + hours * 3_600_000)
            memory = memory.after_crash()
            found.append(memory.saved)
        assert found[0] == found[1] != "{}"

    def test_a_crash_in_the_middle_of_a_post_counts_as_a_lost_answer(self) -> None:
        memory = Kept()
        with RequestsMock() as net:
            net.add_callback("POST", URL, stopped)
            with pytest.raises(KeyboardInterrupt):
                self.deliver(memory=memory)
        with RequestsMock() as net:
            accepts(net)
            assert self.deliver(memory=memory.after_crash()).note == "may be a duplicate"

    @pytest.mark.parametrize(
        "certain", [requests.ConnectTimeout("no"), Refusal(429), Refusal(404, "no_service")]
    )
    def test_after_a_clear_no_the_next_try_is_an_ordinary_one(self, certain: Refusal | Exception) -> None:
        memory = Kept()
        self.failure(certain, memory)
        with RequestsMock() as net:
            accepts(net)
            assert self.deliver(memory=memory.after_crash()).note == ""
            assert DUPLICATE not in shown(net)

    def test_a_clear_no_does_not_clear_an_earlier_doubt(self) -> None:
        memory = Kept()
        self.failure(requests.ReadTimeout("slow"), memory)
        self.failure(Refusal(429), memory)
        with RequestsMock() as net:
            accepts(net)
            assert self.deliver(memory=memory.after_crash()).note == "may be a duplicate"

    def test_a_delivery_sent_again_on_purpose_is_an_ordinary_message(self) -> None:
        memory = Kept()
        with RequestsMock() as net:
            accepts(net)
            self.deliver(memory=memory)
            assert self.deliver(memory=memory.after_crash()).note == ""

    def test_check_posts_nothing_that_shows(self) -> None:
        with RequestsMock() as net:
            accepts(net)
            assert self.make().check().ok
            assert posted(net) == [{"text": ""}]

    @pytest.mark.parametrize(("status", "word"), [(404, "no_service"), (403, "invalid_token"), (200, "ok")])
    def test_check_sees_a_dead_hook(self, status: int, word: str) -> None:
        with RequestsMock() as net:
            net.post(URL, status=status, body=word)
            assert not asked(self.make().check).ok


def test_what_a_webhook_posted_cannot_be_removed_and_it_says_so() -> None:
    kind = connectors.connector("slack")
    found = kind(kind.Options.model_validate({"webhook_url": URL}), Http()).remove_test({})
    assert not found.ok
    assert "Delete the message in Slack." in found.message


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.slack.com/services/T0/B0/x",
        "https://hooks.slack.com",
        "https://hooks.slack.com.evil.example/services/T0/B0/x",
        "https://evil.example/services/T0/B0/x",
        "https://a@hooks.slack.com/services/T0/B0/x",
        "https://hooks.slack.com:8443/services/T0/B0/x",
    ],
)
def test_only_a_hook_of_slack_is_taken(url: str) -> None:
    found = field_errors("slack", {"webhook_url": url})
    assert list(found) == ["webhook_url"]
    assert "T0" not in found["webhook_url"]
