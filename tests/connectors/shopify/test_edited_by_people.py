"""A person changes the product between two attempts: each file once on its product, or words say why not."""

from collections.abc import Callable

import pytest

from connectors.base import NotYet
from connectors.shopify.media_errors import failure
from relay.errors import RemoteError
from relay.models.core import Result
from tests.connectors.contract import Kept, Refusal
from tests.connectors.shopify.store import SKU, StartStore, Store, images, video
from tests.connectors.shopify.wire import Shop, body, fault

Edit = Callable[[Store], object]


def edit_product(store: Store, **what: object) -> None:
    store.order("edits", id=store.products()[0]["id"], **what)


def give_the_sku_to_another(store: Store) -> None:
    edit_product(store, sku="MUG-OLD")
    store.order("products", title="New mug", sku="MUG-1")


FOLLOWED: dict[str, Edit] = {
    # what a merchant does once the product of a result is known
    "handle changed": lambda store: edit_product(store, handle="mug-of-clay"),
    "title changed": lambda store: edit_product(store, title="Mug"),
    "sku moved to another product": give_the_sku_to_another,
    "media reordered": lambda store: edit_product(store, reverse_media=True),
    "a picture added": lambda store: store.order(
        "pictures",
        id=store.products()[0]["id"],
        source="https://cdn.example.com/IMG_2041.jpg",
        alt="A clay mug",
    ),
}


@pytest.mark.heavy
@pytest.mark.parametrize("edit", FOLLOWED)
@pytest.mark.parametrize("result", [video(), images(2)], ids=["video", "images"])
def test_a_result_stays_with_its_product_and_its_media(store: Store, result: object, edit: str) -> None:
    memory = Kept()
    assert isinstance(store.once(result, SKU, memory), NotYet)  # type: ignore[arg-type]
    ours = {each["id"] for each in store.products()[0]["media"]}
    FOLLOWED[edit](store)
    store.now += 10
    done, kept = store.deliver(result, SKU, memory.after_crash())  # type: ignore[arg-type]
    assert done.note.endswith("live on the product.")
    assert set(kept["media"].values()) == ours
    again, _ = store.deliver(result, SKU, kept.after_crash())  # type: ignore[arg-type]
    assert again.note == "The file was already on the product."
    assert sum(each["alt"] == "A clay mug" for each in store.products()[0]["media"]) - (
        "added" in edit
    ) == len(ours)


@pytest.mark.parametrize("result", [video(), images(2)], ids=["video", "images"])
@pytest.mark.parametrize("ended", [True, False], ids=["delivered", "under way"])
def test_a_connection_that_was_moved_to_another_shop_attaches_there(
    start_store: StartStore, result: Result, ended: bool
) -> None:
    old = start_store()
    old.order("products", title="Bowl", sku="BOWL-1")
    memory = Kept()
    if ended:
        _, memory = old.deliver(result, {"sku": "BOWL-1"})
    else:
        assert isinstance(old.once(result, {"sku": "BOWL-1"}, memory), NotYet)
    new = start_store(shop="another-shop.myshopify.com")
    for sku in ("CUP-1", "BOWL-1"):
        new.order("products", title=sku, sku=sku)
    new.deliver(result, {"sku": "BOWL-1"}, memory.after_crash())
    assert (len(new.media("BOWL-1")), new.media("CUP-1")) == (len(result.outputs), [])


def test_a_product_that_was_deleted_fails_that_result_alone_and_says_so(store: Store) -> None:
    _, kept = store.deliver(images(1), SKU)
    edit_product(store, delete=True)
    with pytest.raises(RemoteError) as caught:
        store.deliver(images(1), SKU, kept.after_crash())
    assert (caught.value.whose, caught.value.message) == (
        "record",
        "The product is not in the store any more. Name another one.",
    )


@pytest.mark.parametrize(
    ("code", "words", "whose", "says"),
    [
        ("", "Exceeded 250 media for this product", "record", "remove one, then resend"),
        ("PRODUCT_MEDIA_LIMIT_EXCEEDED", "Exceeded the limit", "record", "remove one, then resend"),
        ("SHOP_MEDIA_LIMIT_EXCEEDED", "No more", "connection", "delete some in Shopify under Content, Files"),
        ("NON_IMAGE_MEDIA_PER_SHOP_LIMIT_EXCEEDED", "No", "connection", "or take a larger plan"),
        ("FILE_STORAGE_LIMIT_EXCEEDED", "No more", "connection", "or take a larger plan"),
        ("", "Your plan's limit of 250 videos is reached", "connection", "or take a larger plan"),
        ("", "Image URL is invalid", "record", "Image URL is invalid"),
    ],
)
def test_a_full_product_is_the_result_s_fault_and_a_full_store_pauses(
    code: str, words: str, whose: str, says: str
) -> None:
    refused = {"product": None, "userErrors": [{"field": ["media"], "message": words, "code": code}]}
    error = fault(Shop({"RelayAttach": [Refusal(200, body({"productUpdate": refused}))]}))
    assert (error.whose, says in error.message) == (whose, True), error.message


@pytest.mark.parametrize(
    ("code", "whose", "says"),
    [
        ("FILE_STORAGE_LIMIT_EXCEEDED", "connection", "delete some in Shopify under Content, Files"),
        ("VIDEO_MAX_DURATION_ERROR", "record", "10 minutes"),
        ("VIDEO_MIN_WIDTH_ERROR", "record", "3840 x 2160"),
        ("VIDEO_INVALID_FILETYPE_ERROR", "record", "MP4, MOV and WebM"),
        ("INVALID_IMAGE_FILE_SIZE", "record", "under 20 MB and 25 megapixels"),
        ("UNSUPPORTED_IMAGE_FILE_TYPE", "record", "PNG, JPEG, GIF, HEIC and WebP"),
        ("MODEL3D_VALIDATION_ERROR", "record", "GLB and USDZ"),
        ("DUPLICATE_FILENAME_ERROR", "record", "delete it in the store's files"),
        ("A_NEW_ONE", "record", "Generate it again"),
    ],
)
def test_what_shopify_cannot_process_says_its_limits(code: str, whose: str, says: str) -> None:
    error = failure([{"code": code, "details": "No"}], "https://admin.shopify.com/x")
    assert (error.whose, says in error.message) == (whose, True), error.message
