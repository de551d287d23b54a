"""Shopify, against the sandbox's store: each result is on its product once, whatever happens on the way."""

import re
from dataclasses import replace

import pytest

from connectors.base import Done, NotYet
from relay.errors import RemoteError
from relay.models.core import Output, Result, ResultStatus
from sandbox import PlannedResponse
from tests.connectors.contract import FAILED, KEY, PROCESSING, Kept, asked
from tests.connectors.shopify.store import (
    ARCHIVE,
    CDN,
    IMAGES,
    SKU,
    StartStore,
    Store,
    images,
    video,
)

PAGE = "https://admin.shopify.com/store/clay-and-co/products/"


def fault(
    store: Store, result: Result, context: dict[str, object], memory: Kept | None = None
) -> RemoteError:
    with pytest.raises(RemoteError) as caught:
        store.deliver(result, context, memory)
    assert caught.value.message.endswith(".")
    return caught.value


def test_a_video_goes_live_on_the_product_that_the_context_names(store: Store) -> None:
    done, _ = store.deliver(video())
    (media,) = store.media()
    assert (media["kind"], media["status"], media["alt"]) == ("VIDEO", "READY", "A clay mug")
    assert done.link.startswith(PAGE)
    assert done.link.removeprefix(PAGE).isdecimal()
    assert done.note == "1 video is live on the product."


def test_images_are_uploaded_one_by_one_and_attached_all_at_once(store: Store) -> None:
    result = images(4)
    done, _ = store.deliver(result)
    names = [each["source"].rpartition("/")[2] for each in store.media()]
    assert names == [f"igen_1{n}-5059aa00f4.png" for n in ("", "-2", "-3", "-4")]
    assert done.note == "4 images are live on the product."
    assert len(store.requests("mutation RelayAttach")) == 1


def test_a_video_and_an_image_of_one_result_both_arrive(store: Store) -> None:
    both = replace(
        video(), outputs=(*video().outputs, *images(1).outputs, Output(f"{CDN}/output/v.mp3", "audio/mpeg"))
    )
    done, _ = store.deliver(both)
    assert [each["kind"] for each in store.media()] == ["VIDEO", "IMAGE"]
    assert done.note == "1 video and 1 image are live on the product."


@pytest.mark.parametrize(
    "result",
    [
        FAILED,
        PROCESSING,
        Result("v", ResultStatus.COMPLETED, "voice", (Output(f"{CDN}/v.mp3", "audio/mpeg"),)),
        Result("v", ResultStatus.COMPLETED, "hologram", (Output(f"{CDN}/v.xyz"),)),
        Result("v", ResultStatus.COMPLETED, "image"),
    ],
    ids=["failed", "processing", "voice", "unknown", "no outputs"],
)
def test_what_no_product_can_show_is_done_without_a_call(store: Store, result: Result) -> None:
    done, _ = store.deliver(result, {})
    assert done.note.startswith("Nothing was attached")
    assert store.requests() == []


def test_what_failed_first_and_completed_later_is_attached_once(store: Store) -> None:
    memory = Kept()
    store.deliver(replace(FAILED, generation_id="vgen_1"), SKU, memory)
    store.deliver(video(), SKU, memory)
    assert len(store.media()) == 1


@pytest.mark.parametrize(
    ("context", "alt"),
    [
        ({"alt": "  A mug,\n glazed ", "title": "Mug"}, "A mug, glazed"),
        ({"alt_text": "A mug on a table", "alt": "A mug", "title": "Mug"}, "A mug on a table"),
        ({"title": "Mug"}, "Mug"),
        ({"title": ""}, "A clay mug turns"),
        ({"alt": "x" * 600}, "x" * 511 + "\u2026"),
    ],
)
def test_the_alternative_text_is_what_the_context_says(
    store: Store, context: dict[str, str], alt: str
) -> None:
    store.deliver(video(), {"sku": "MUG-1", **context})
    assert [each["alt"] for each in store.media()] == [alt]


def test_a_product_is_named_by_id_handle_or_sku(store: Store) -> None:
    made = store.order("products", title="Bowl", sku='B"1\\', handle="bowl")["id"]
    number = made.rpartition("/")[2]
    ways = (
        {"product_id": made},
        {"product_id": int(number)},
        {"product_id": number},
        {"handle": "bowl"},
        {"sku": 'B"1\\'},
    )
    for place, way in enumerate(ways):
        done, _ = store.deliver(images(1, f"igen_{place}"), way)
        assert done.link == PAGE + number
    assert len(store.media('B"1\\')) == len(ways)


def test_the_product_id_counts_before_the_handle_and_the_handle_before_the_sku(store: Store) -> None:
    bowl = store.order("products", title="Bowl", sku="BOWL-1", handle="bowl")["id"]
    store.deliver(images(1, "a"), {"sku": "MUG-1", "handle": "clay-mug", "product_id": bowl})
    store.deliver(images(1, "b"), {"sku": "MUG-1", "handle": "bowl", "product_id": ""})
    assert len(store.media("BOWL-1")) == 2


@pytest.mark.parametrize(
    ("context", "words"),
    [
        ({}, "?sku="),
        ({"title": "Mug", "sku": None}, "?sku="),
        ({"product_id": "mug"}, "no product id"),
        ({"product_id": 404}, "no product with product_id '404'"),
        ({"handle": "nothing"}, "no product with handle 'nothing'"),
    ],
)
def test_a_product_that_is_not_named_or_not_there_is_the_record_s_fault(
    store: Store, context: dict[str, object], words: str
) -> None:
    error = fault(store, video(), context)
    assert error.whose == "record"
    assert words in error.message


def test_a_sku_that_is_only_similar_does_not_count(store: Store) -> None:
    store.order("products", title="Large mug", sku="MUG-1-L")
    store.deliver(video())
    assert (len(store.media("MUG-1")), len(store.media("MUG-1-L"))) == (1, 0)


def test_a_sku_on_two_products_asks_for_the_product_id(store: Store) -> None:
    store.order("products", title="Another mug", sku="MUG-1")
    error = fault(store, video(), SKU)
    assert error.whose == "record"
    assert "product_id" in error.message


def test_a_sku_among_many_similar_ones_is_found(store: Store) -> None:
    for number in range(45):
        store.order("products", title=f"Mug {number}", sku=f"CUP-{number}")
    store.order("products", title="The cup", sku="CUP-")
    store.deliver(video(), {"sku": "CUP-"})
    assert len(store.media("CUP-")) == 1


def test_a_product_just_made_is_waited_for(store: Store) -> None:
    store.order("products", title="Bowl", sku="BOWL-1", lag=45)
    store.deliver(video(), {"sku": "BOWL-1"})
    assert len(store.media("BOWL-1")) == 1


def test_a_sku_that_is_not_there_is_given_up_after_two_minutes(store: Store) -> None:
    began = store.now
    error = fault(store, video(), {"sku": "NONE"})
    assert (error.whose, 100 < store.now - began <= 140) == ("record", True)
    assert isinstance(store.once(video(), {"sku": "NONE"}, store.memory.after_crash()), NotYet)


def test_a_fixed_context_brings_the_result_to_the_right_product(store: Store) -> None:
    store.order("products", title="Bowl", sku="BOWL-1")
    _, memory = store.deliver(video())
    store.deliver(video(), {"sku": "BOWL-1"}, memory.after_crash())
    assert (len(store.media("MUG-1")), len(store.media("BOWL-1"))) == (1, 1)


def test_sent_again_on_purpose_it_stays_as_it_is_while_it_is_there(store: Store) -> None:
    _, memory = store.deliver(video())
    done, _ = store.deliver(video(), SKU, memory.after_crash())
    assert (done.note, len(store.media())) == ("The file was already on the product.", 1)


def test_what_is_deleted_while_it_is_processed_is_said_and_not_repeated(store: Store) -> None:
    memory = Kept()
    assert isinstance(store.once(video(), SKU, memory), NotYet)
    store.order("removals", id=store.media()[0]["id"])
    store.now += 5
    done = store.once(video(), SKU, memory)
    assert isinstance(done, Done)
    assert "deleted" in done.note
    assert store.media() == []


@pytest.mark.parametrize("code", ["MEDIA_TIMEOUT_ERROR", "GENERIC_FILE_DOWNLOAD_FAILURE", "UNKNOWN"])
def test_a_failure_that_may_pass_gets_one_new_try(store: Store, code: str) -> None:
    store.order("errors", code=code)
    done, _ = store.deliver(video())
    assert [each["status"] for each in store.media()] == ["FAILED", "READY"]
    assert "A first try failed" in done.note
    again, _ = store.deliver(video(), SKU, Kept())
    assert (again.note, len(store.media())) == ("1 video is live on the product.", 2)


def test_only_the_image_that_failed_is_uploaded_again(store: Store) -> None:
    store.order("errors", code="IMAGE_DOWNLOAD_FAILURE")
    store.deliver(images(3))
    assert [each["status"] for each in store.media()] == ["FAILED", "READY", "READY", "READY"]
    sources = [each["source"] for each in store.media()]
    assert len(set(sources)) == 4
    assert store.uploads() == 4
    assert {sources[place].rpartition("/")[2] for place in (0, 3)} == {"igen_1-5059aa00f4.png"}


def test_an_image_needs_no_link_that_shopify_can_reach(store: Store) -> None:
    """Its bytes are sent from the archived copy, also where the relay is in a private network."""
    (output,) = images(1).outputs
    private = replace(output, url=f"{CDN}/gone.xyz", archived_url=f"{ARCHIVE}/output/a.png")
    done, _ = store.deliver(replace(images(1), outputs=(private,)))
    assert done.note == "1 image is live on the product."
    assert store.media()[0]["source"].startswith(IMAGES)


def test_the_second_failure_is_the_last(store: Store) -> None:
    store.order("errors", code="MEDIA_TIMEOUT_ERROR")
    store.order("errors", code="MEDIA_TIMEOUT_ERROR")
    assert "MEDIA_TIMEOUT_ERROR" in fault(store, video(), SKU).message
    assert len(store.media()) == 2


def test_a_failure_that_stays_is_explained_and_a_replay_tries_anew(store: Store) -> None:
    store.order("errors", code="VIDEO_MAX_DURATION_ERROR")
    error = fault(store, video(), SKU)
    assert error.whose == "record"
    assert "10 minutes" in error.message
    assert len(store.media()) == 1
    store.deliver(video(), SKU, store.memory.after_crash())
    assert [each["status"] for each in store.media()] == ["FAILED", "READY"]


def test_the_looks_grow_apart_and_end_after_half_an_hour(start_store: StartStore) -> None:
    store = start_store(speed=0.001)
    waits, memory, began = [], Kept(), store.now
    while isinstance(ended := store.once(video(), SKU, memory), NotYet):
        waits.append(ended.after)
        store.now += ended.after
        memory = memory.after_crash()
    assert waits[:6] == [5, 10, 20, 40, 60, 60]
    assert 1800 <= store.now - began < 1900
    assert "has not confirmed" in ended.note
    assert isinstance(ended, Done)


def test_each_way_to_the_bytes_is_tried_and_only_all_of_them_failing_counts(store: Store) -> None:
    output = Output(f"{CDN}/output/a.mp4", "video/mp4", archived_url=f"{ARCHIVE}/output/b.mp4")
    missing = replace(output, url=f"{CDN}/output/gone.xyz")
    ours = replace(output, archived_url="https://relay.example/files/x/2026/02/a-1.mp4")  # never called
    for name, given in (
        ("archived copy gone", replace(output, archived_url=f"{ARCHIVE}/no.mp4")),
        ("vendor's link dead", missing),
        ("over our own address", ours),
    ):
        store.deliver(replace(video(name), outputs=(given,)))
    assert len(store.media()) == 3
    dead = replace(missing, archived_url=f"{ARCHIVE}/no.mp4")
    error = fault(store, replace(video("four"), outputs=(dead,)), SKU)
    assert error.whose == "record"
    assert re.search(
        r"archived copy has expired.*CreativeAI's link has expired \(answer 404\).*Create the file again",
        error.message,
    )
    assert len(store.media()) == 3


def test_points_that_run_out_are_waited_for_and_never_overdrawn(store: Store) -> None:
    for number in range(40):
        store.once(images(1, f"i_{number}"), SKU, Kept())
        if isinstance(ended := store.once(images(1, f"j_{number}"), SKU, Kept()), NotYet) and ended.holds:
            break
    assert isinstance(ended, NotYet)
    assert ended.holds
    assert 0 < ended.after < 5
    store.now += ended.after
    assert isinstance(store.once(images(1, "last"), SKU, Kept()), NotYet)


def test_a_token_that_died_is_renewed_once(store: Store) -> None:
    store.connector = store.connect(access_token=None, client_id="app", client_secret="shpss_good")
    store.deliver(video())
    store.sandbox.plan_response("shopify", PlannedResponse(401, '{"errors": "[API] Invalid API key"}'))
    store.deliver(images(1))
    assert len(store.requests("client_credentials")) == 2
    store.now += 86_399 - 299
    store.deliver(images(1, "igen_2"))
    assert len(store.requests("client_credentials")) == 3
    assert len(store.media()) == 3


def test_check_and_test_say_what_works_and_change_nothing(store: Store) -> None:
    found = store.connector.check()
    assert (found.ok, "Sandbox" in found.message) == (True, True)
    tried = store.connector.test(KEY, round(store.now * 1000))
    assert tried.ok
    assert "test" in tried.message
    assert store.media() == []
    assert "nothing to remove" in store.connector.remove_test(tried.written).message
    wrong = store.connect(access_token=None, client_id="app", client_secret="wrong")
    for tried in (asked(wrong.check), asked(lambda: wrong.test(KEY, 1))):
        assert not tried.ok
        assert "Client ID or client secret is wrong" in tried.message


def test_a_video_is_fetched_only_where_results_may_be_fetched(store: Store) -> None:
    inside = (Output("http://169.254.169.254/latest/meta-data/a.mp4", "video/mp4"),)
    error = fault(store, replace(video(), outputs=inside), SKU)
    assert error.whose == "record"
    assert store.uploads() == 0


def test_only_the_api_and_the_upload_place_are_called(store: Store) -> None:
    store.deliver(video())
    assert {each.path for each in store.sandbox.received("shopify")} == {
        "/",
        "/admin/api/2026-10/graphql.json",
    }
