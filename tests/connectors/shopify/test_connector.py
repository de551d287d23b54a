"""Shopify on the wire: what each answer means, who is told, and what is looked up before it is repeated."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest
import requests
from responses import RequestsMock

import connectors
from connectors.base import Done, NotYet
from connectors.shopify.errors import GIVE_SCOPE, SCOPE
from relay.delivery.output_files import OutputFiles
from relay.errors import FileError, RemoteError
from relay.files.source import FileSource
from relay.http.client import Http
from relay.models.core import Output
from tests.connectors.contract import (
    CONTEXT,
    FAILED,
    FOUR_IMAGES,
    HOSTILE,
    KEY,
    KINDS,
    NOW,
    PROCESSING,
    VIDEO,
    WORDS,
    Case,
    Contract,
    Kept,
    Refusal,
    known_by_its_job,
)
from tests.connectors.files import GivenFiles
from tests.connectors.shopify.store import no_copy
from tests.connectors.shopify.wire import (
    BUCKET,
    FILM,
    SHOP,
    TOKEN,
    URL,
    Shop,
    accepts,
    asked,
    body,
    connect,
    errors,
    fault,
    once,
    refuses,
    shown,
)
from tests.files import samples as files
from tests.samples import refusal, refusals

SAMPLED = {
    whose: tuple(Refusal(*each) for each in found) for whose, found in refusals("shopify/refusals").items()
}


class TestContract(Contract):
    case = Case(
        kind="shopify",
        options={"shop": SHOP, "access_token": TOKEN},
        secrets=(TOKEN,),
        accepts=accepts,
        refuses=refuses,
        shown=shown,
        keys=None,
        sends_bytes=True,
        refusals={
            "transient": (
                *(each for each in SAMPLED["transient"] if "THROTTLED" not in each.body),  # a 429 of its own
                Refusal(408),
            ),
            "record": SAMPLED["record"],
            "connection": SAMPLED["connection"],
        },
    )

    def test_brings_what_is_known(self) -> None:
        """The files' names; a failure or a hologram brings nothing, and without a call."""
        mark = "5059aa00f4"
        names = (f"igen_4{number}-{mark}.png" for number in ("", "-2", "-3", "-4"))
        assert all(name in self.shown(FOUR_IMAGES) for name in names)
        assert f"vgen_abc123-{mark}.mp4" in self.shown(VIDEO)
        for nothing in (FAILED, PROCESSING, replace(VIDEO, outputs=())):
            assert self.shown(nothing) == "[[], []]"

    @pytest.mark.parametrize("kind", KINDS)
    def test_brings_what_its_job_knows_of_a_result(self, kind: str) -> None:
        """As the alternative text; a product shows no voice."""
        with RequestsMock(assert_all_requests_are_fired=False) as net:
            accepts(net)
            self.make().deliver(known_by_its_job(kind), {"sku": "MUG-1"}, KEY, Kept(), FILM, NOW)
            alts = [each["media"][0]["alt"] for each in asked(net, "RelayAttach")]
        assert alts == ([] if kind == "voice" else [WORDS])

    def test_a_hostile_prompt_arrives_unharmed(self) -> None:
        """As the alternative text: on one line, and cut."""
        with RequestsMock(assert_all_requests_are_fired=False) as net:
            accepts(net)
            self.make().deliver(replace(VIDEO, prompt=HOSTILE * 9), {"sku": "MUG-1"}, KEY, Kept(), FILM, NOW)
            (attached,) = asked(net, "RelayAttach")
        assert attached["media"][0]["alt"] == f"{' '.join((HOSTILE * 9).split())[:511]}\u2026"

    def test_half_a_surrogate_pair_does_no_harm(self) -> None:
        with RequestsMock(assert_all_requests_are_fired=False) as net:
            accepts(net)
            odd = replace(VIDEO, prompt="broken \ud83c", generation_id="v\ud83c")
            assert isinstance(self.make().deliver(odd, {"sku": "MUG-1"}, KEY, Kept(), FILM, NOW), NotYet)
            assert asked(net, "RelayAttach")[0]["media"][0]["alt"] == "broken ?"

    def test_a_link_that_cannot_be_read_does_no_harm(self) -> None:
        """It is this result's fault, and never the store's."""
        for url in ("http://[::1", "", "javascript:alert(1)", "https://x.example/\ud83c.mp4"):
            with RequestsMock(assert_all_requests_are_fired=False) as net:
                accepts(net)
                result = replace(VIDEO, outputs=(Output(url),))
                opened = OutputFiles(
                    result, (), NOW, read_copy=no_copy, source=FileSource(Http()), public_url=""
                )
                with pytest.raises(FileError) as caught:
                    self.make().deliver(result, CONTEXT, KEY, Kept(), opened, NOW)
            assert caught.value.whose == "record"

    def test_a_store_that_is_frozen_or_locked_is_left_alone_for_six_hours(self) -> None:
        for status in (402, 423):
            assert self.failure(Refusal(status)).retry_after == 6 * 3600

    @pytest.mark.parametrize("answer", [Refusal(403), Refusal(200, errors("ACCESS_DENIED", "Access denied"))])
    def test_a_missing_scope_is_named(self, answer: Refusal) -> None:
        assert "write_products" in self.failure(answer).message

    def test_being_throttled_waits_as_long_as_the_points_need(self) -> None:
        _, asleep = refusal("shopify/refusals", "THROTTLED")
        error = self.failure(Refusal(200, asleep))
        assert (error.whose, error.status, error.ambiguous) == ("transient", 429, False)
        assert error.retry_after == 1
        slow = json.loads(asleep)
        slow["extensions"]["cost"]["throttleStatus"]["restoreRate"] = 5
        assert self.failure(Refusal(200, json.dumps(slow))).retry_after == 10
        assert self.failure(Refusal(200, json.dumps(slow), {"Retry-After": "33"})).retry_after == 33

    @pytest.mark.parametrize(
        "answer",
        [
            Refusal(200, errors("INTERNAL_SERVER_ERROR")),
            Refusal(200, json.dumps({"errors": "Something broke"})),
            Refusal(200, "<html>Welcome to the hotel</html>"),
            Refusal(200, "[]"),
            Refusal(200, "{}"),
        ],
    )
    def test_what_is_no_clear_answer_is_ambiguous(self, answer: Refusal) -> None:
        error = self.failure(answer)
        assert (error.whose, error.ambiguous) == ("transient", True)


def user_errors(root: str, message: str, code: str = "") -> Refusal:
    found = {"field": ["media", "0"], "message": message, **({"code": code} if code else {})}
    return Refusal(200, body({root: {"product": None, "userErrors": [found]}}))


ATTACH_LOST: list[Refusal | Exception] = [
    requests.ReadTimeout("slow"),
    requests.ConnectionError("reset"),
    Refusal(500),
    Refusal(200, errors("INTERNAL_SERVER_ERROR")),
    Refusal(200, "<html>"),
    Refusal(200, body({"productUpdate": None})),
    Refusal(
        200, body({"productUpdate": {"product": {}}}, errors=[{"message": "?", "extensions": {"code": "X"}}])
    ),
]


@pytest.mark.parametrize("lost", ATTACH_LOST, ids=range(len(ATTACH_LOST)))
def test_an_attach_that_was_done_and_not_answered_is_adopted(lost: Refusal | Exception) -> None:
    shop, memory = Shop({"RelayAttach": [lost]}), Kept()
    assert fault(shop, memory).ambiguous
    assert isinstance(once(shop, memory.after_crash()), NotYet)
    assert len(shop.media) == 1


@pytest.mark.parametrize(
    "no",
    [
        Refusal(429),
        Refusal(503, headers={"Retry-After": "9"}),
        requests.ConnectTimeout("no"),
        Refusal(200, errors("THROTTLED", "Throttled")),
    ],
)
def test_an_attach_that_was_not_done_is_repeated(no: Refusal | Exception) -> None:
    shop, memory = Shop({"RelayAttach": [no]}), Kept()
    fault(shop, memory)
    shop.media.clear()
    assert isinstance(once(shop, memory.after_crash()), NotYet)
    assert len(shop.media) == 1


def test_what_another_file_s_name_is_on_is_not_adopted() -> None:
    shop, memory = Shop({"RelayAttach": [Refusal(500)]}), Kept()
    fault(shop, memory)
    shop.media[0] |= {"filename": "vgen_abc123-0123456789.mp4"}
    assert isinstance(once(shop, memory.after_crash()), NotYet)
    assert len(shop.media) == 2


def test_an_attach_of_a_version_that_kept_no_names_is_made_again() -> None:
    shop, memory = Shop({"RelayAttach": [Refusal(500)]}), Kept()
    fault(shop, memory)
    memory = memory.after_crash()
    memory["attaching"] = [0]
    assert isinstance(once(shop, memory), NotYet)
    assert len(shop.media) == 2


def test_user_errors_are_the_record_s_fault_in_shopify_s_words() -> None:
    error = fault(Shop({"RelayAttach": [user_errors("productUpdate", "Image URL is invalid")]}))
    assert (error.whose, "Image URL is invalid" in error.message) == ("record", True)
    error = fault(Shop({"RelayStage": [user_errors("stagedUploadsCreate", "not a recognized format")]}))
    assert (error.whose, "not a recognized format" in error.message) == ("record", True)


@pytest.mark.parametrize("code", ["MEDIA_CANNOT_BE_MODIFIED", "FILE_LOCKED", "NON_READY_STATE"])
def test_what_passes_is_tried_again(code: str) -> None:
    error = fault(Shop({"RelayAttach": [user_errors("productUpdate", "Not now", code)]}))
    assert error.whose == "transient"


def test_the_limit_of_videos_a_week_parks_the_store_for_a_day() -> None:
    error = fault(Shop({"RelayAttach": [user_errors("productUpdate", "Wait", "VIDEO_THROTTLE_EXCEEDED")]}))
    assert (error.whose, error.retry_after) == ("connection", 86_400)


def test_a_product_that_vanished_is_the_record_s_fault() -> None:
    error = fault(Shop({"RelayMedia": [Refusal(200, body({"product": None}))]}))
    assert (error.whose, "not in the store" in error.message) == ("record", True)


def test_a_place_that_refuses_is_replaced_once_and_the_token_stays_away_from_it() -> None:
    shop = Shop({"upload": [Refusal(*refusal("shopify/refusals.upload", "AccessDenied"))]})
    with RequestsMock(assert_all_requests_are_fired=False) as net:
        shop.on(net)
        assert isinstance(connect().deliver(VIDEO, CONTEXT, KEY, Kept(), FILM, NOW), NotYet)
        uploads = [each.request for each in net.calls if str(each.request.url).startswith(BUCKET)]
        assert len(uploads) == len(asked(net, "RelayStage")) == 2
    assert not any(TOKEN in str(each.headers) for each in uploads)
    twice = Shop({"upload": [Refusal(403), Refusal(403)]})
    assert fault(twice).whose == "transient"


@pytest.mark.parametrize(("status", "whose"), [(400, "record"), (500, "transient"), (503, "transient")])
def test_an_upload_that_fails_says_whose_fault_it_is(status: int, whose: str) -> None:
    error = fault(Shop({"upload": [Refusal(status, "EntityTooLarge " + "p0l1cy" * 5)]}))
    assert (error.whose, "p0l1cyp0l1cy" in error.answer) == (whose, False)


def test_the_exact_size_is_said_as_a_text() -> None:
    with RequestsMock(assert_all_requests_are_fired=False) as net:
        accepts(net)
        connect().deliver(VIDEO, CONTEXT, KEY, Kept(), FILM, NOW)
        (staged,) = asked(net, "RelayStage")
    assert staged["input"] == [
        {
            "resource": "VIDEO",
            "filename": "vgen_abc123-5059aa00f4.mp4",
            "mimeType": "video/mp4",
            "httpMethod": "POST",
            "fileSize": "100",
        }
    ]


@pytest.mark.parametrize("whose", ["transient", "record"])
def test_a_video_that_cannot_be_had_changes_nothing_and_says_why(
    whose: Literal["transient", "record"],
) -> None:
    given = GivenFiles({VIDEO.outputs[0].url: FileError("The CDN is down.", whose, retry_after=7)})
    with RequestsMock(assert_all_requests_are_fired=False) as net:
        net.add_callback("POST", URL, Shop().answer)
        with pytest.raises(FileError) as caught:
            connect().deliver(VIDEO, CONTEXT, KEY, Kept(), given, NOW)
        assert asked(net, "RelayStage") == []
    error = caught.value
    assert (error.whose, error.status, error.retry_after) == (whose, None, 7)
    assert error.message == "The CDN is down. The relay retries automatically."


def test_a_video_that_is_too_large_says_which_option_to_raise() -> None:
    given = GivenFiles({VIDEO.outputs[0].url: b"x" * 1_048_577})
    with RequestsMock(assert_all_requests_are_fired=False) as net:
        net.add_callback("POST", URL, Shop().answer)
        with pytest.raises(RemoteError, match=r"larger than the 1 MB.*Largest video in MB") as caught:
            connect(access_token=TOKEN, largest_video_mb="1").deliver(VIDEO, CONTEXT, KEY, Kept(), given, NOW)
    assert caught.value.whose == "record"


def test_an_image_that_is_too_large_says_so() -> None:
    image = replace(FOUR_IMAGES, outputs=FOUR_IMAGES.outputs[:1])
    given = GivenFiles({image.outputs[0].url: b"x" * (20 * 1_048_576 + 1)})
    with RequestsMock(assert_all_requests_are_fired=False) as net:
        net.add_callback("POST", URL, Shop().answer)
        with pytest.raises(
            RemoteError, match=r"The image is larger than the 20 MB that Shopify takes\."
        ) as caught:
            connect().deliver(image, CONTEXT, KEY, Kept(), given, NOW)
    assert caught.value.whose == "record"


COMPOSED = replace(VIDEO, kind="compose", outputs=(Output("https://cdn.example.com/f/8d1e"),))


@pytest.mark.parametrize(
    ("output", "content", "attached"),
    [
        (Output("https://cdn.example.com/f/8d1e", "video/mp4"), files.MP4, ["VIDEO"]),
        (Output("https://cdn.example.com/f/8d1e"), files.MP4, ["VIDEO"]),
        (Output("https://cdn.example.com/f/8d1e"), files.PNG, ["IMAGE"]),
        (Output("https://cdn.example.com/f/8d1e.mp4", "video/mp4"), files.PNG, ["IMAGE"]),
    ],
    ids=["the archive knows", "only its bytes tell", "a picture", "a picture that is called a video"],
)
def test_a_file_without_an_ending_is_attached_as_what_it_is(
    output: Output, content: bytes, attached: list[str]
) -> None:
    """It is opened once to know it, and once to send it."""
    shop, memory, given = Shop(), Kept(), GivenFiles({output.url: content})
    with RequestsMock(assert_all_requests_are_fired=False) as net:
        shop.on(net)
        for second in range(3):
            result = replace(COMPOSED, outputs=(output,))
            connect().deliver(result, CONTEXT, KEY, memory, given, NOW + second * 1000)
            memory = memory.after_crash()
    assert [each["mediaContentType"] for each in shop.media] == attached
    assert len(given.opened) <= 2
    assert given.open_now == 0


def stale(value: str) -> tuple[Shop, Kept]:
    """A store that says that the marker changed; it holds `value`."""
    problem = {"field": ["metafields", "0"], "message": "Stale", "code": "STALE_OBJECT"}
    answer = Refusal(200, body({"metafieldsSet": {"metafields": [], "userErrors": [problem]}}))
    shop, memory = Shop({"RelayMark": [answer]}), Kept()
    shop.RelayMark = lambda _: setattr(  # type: ignore[method-assign, func-returns-value, assignment]
        shop, "marker", {"value": value, "compareDigest": "d2"} if value else None
    )
    return shop, memory


def test_our_own_marker_whose_answer_was_lost_is_known_again() -> None:
    shop, memory = stale("gid://shopify/Video/1")
    assert isinstance(once(shop, memory), NotYet)
    assert memory["marked"]
    assert "remark" not in memory


def test_another_relay_s_marker_is_told_of() -> None:
    shop, memory = stale("gid://shopify/Video/99")
    once(shop, memory)
    with RequestsMock(assert_all_requests_are_fired=False) as net:
        shop.on(net)
        done = connect().deliver(VIDEO, CONTEXT, KEY, memory.after_crash(), FILM, NOW + 5000)
    assert isinstance(done, Done)
    assert "Another relay" in done.note


def test_a_marker_that_was_taken_away_is_set_again() -> None:
    shop, memory = stale("")
    assert fault(shop, memory).whose == "transient"
    shop.RelayMark = lambda given: Shop.RelayMark(shop, given)  # type: ignore[method-assign]
    assert isinstance(once(shop, memory.after_crash()), NotYet)
    assert shop.marker is not None
    assert len(shop.media) == 1


def test_points_that_would_not_pay_are_waited_for_without_a_call() -> None:
    shop, connector, memory = Shop(), connect(), Kept()
    shop.left = 5
    with RequestsMock(assert_all_requests_are_fired=False) as net:
        shop.on(net)
        waits = connector.deliver(VIDEO, CONTEXT, KEY, memory, FILM, NOW)
        calls = len(net.calls)
        assert isinstance(waits, NotYet)
        assert waits.holds
        assert waits.after == 1
        assert connector.deliver(VIDEO, CONTEXT, KEY, memory, FILM, NOW) == waits
        assert len(net.calls) == calls
        shop.left = 1900
        assert isinstance(connector.deliver(VIDEO, CONTEXT, KEY, memory, FILM, NOW + 1000), NotYet)
        assert len(shop.media) == 1


def test_form_docs_and_check_name_the_same_scopes() -> None:
    docs = (Path(__file__).parents[3] / "docs" / "connections.md").read_text(encoding="utf-8")
    for text in (docs, " ".join(connectors.connector("shopify").needs), GIVE_SCOPE):
        assert set(re.findall(r"\b(?:read|write)_[a-z]+\b", text)) == {SCOPE}
