"""An attach breaks and a merchant adds media meanwhile: ours are attached, theirs stay theirs."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any, cast

import pytest

from connectors.base import NotYet
from connectors.shopify.client import Api
from connectors.shopify.file_names import find, name_in
from connectors.shopify.queries import Document
from relay.models.core import Result
from tests.connectors.contract import NOW
from tests.connectors.shopify.store import (
    CDN,
    SKU,
    Killed,
    MortalMemory,
    StartStore,
    Steps,
    Store,
    images,
    video,
)

UUID = "0d6f1c0e-1111-4222-8333-444455556666"
FILES = "https://cdn.shopify.com/s/files/1/0928/9125/0994/files"


class Nodes:
    """Answers with these media."""

    def __init__(self, *nodes: dict[str, Any]) -> None:
        self._nodes = nodes

    def call(self, _document: Document, variables: Mapping[str, Any], _now: int) -> dict[str, Any]:
        return {"nodes": [each if each and each["id"] in variables["ids"] else None for each in self._nodes]}


def image(url: str | None, status: str = "READY", original: str | None = None) -> dict[str, Any]:
    source = {"url": original} if original else None
    return {"id": "m", "status": status, "image": url and {"url": url}, "original": source}


def film(name: str, status: str = "UPLOADED", original: str | None = None) -> dict[str, Any]:
    source = {"url": original} if original else None
    return {"id": "m", "status": status, "filename": name, "originalSource": source}


NAME = "igen_1-5059aa00f4"
KINDS: dict[str, tuple[dict[str, Any], str, bool, bool]] = {
    # media that is new on the product, our file's name -> whether it is ours, whether that is not known yet
    "our image": (image(f"{FILES}/{NAME}.png?v=178"), NAME, True, False),
    "our image, converted": (image(f"{FILES}/{NAME}.jpg"), NAME, True, False),
    "our image, renamed by Shopify": (image(f"{FILES}/{NAME}_{UUID}.png"), NAME, True, False),
    "our image by its original": (image(f"{FILES}/x.png", original=f"{FILES}/{NAME}.png"), NAME, True, False),
    "our video": (film(f"{NAME}.mp4"), NAME, True, False),
    "our video by its original": (film("v.mp4", "READY", f"{FILES}/{NAME}.mp4"), NAME, True, False),
    "a picture of the merchant": (image(f"{FILES}/IMG_2041.jpg"), NAME, False, False),
    "a picture whose name begins alike": (image(f"{FILES}/{NAME}9.png"), NAME, False, False),
    "another output of ours": (image(f"{FILES}/{NAME}-2.png"), NAME, False, False),
    "a film of the merchant": (film("film.mp4", "READY"), NAME, False, False),
    "an image still processed": (image(None, "PROCESSING"), NAME, False, True),
    "an image just uploaded": (image(None, "UPLOADED"), NAME, False, True),
    "a video whose name may come": (film("film.mp4"), NAME, False, True),
    "an image that failed": (image(None, "FAILED"), NAME, False, False),
    "no name of ours, none of theirs": (image(None), "", False, False),
    "no name of ours": (image(f"{FILES}/image.png"), "", False, False),
}


@pytest.mark.parametrize("kind", KINDS)
def test_only_the_name_of_our_file_makes_a_media_ours(kind: str) -> None:
    node, name, ours, unsettled = KINDS[kind]
    found = find(cast("Api", Nodes(node)), ["m"], {"0": name}, NOW)
    assert (dict(found.ids), found.unsettled) == ({"0": "m"} if ours else {}, unsettled)


def test_of_two_files_with_one_name_each_is_another_media() -> None:
    nodes = [{**film(f"{NAME}.mp4"), "id": each} for each in ("a", "b")]
    found = find(cast("Api", Nodes(*nodes)), ["a", "b"], {"0": NAME, "1": NAME}, NOW)
    assert found.ids == {"0": "a", "1": "b"}


@pytest.mark.parametrize(
    ("link", "name"),
    [
        (f"{CDN}/output/image-abc123.png?token=1", "image-abc123"),
        (f"{CDN}/output/igen%5f1_0.png", "igen_1_0"),
        (f"{CDN}/output/image.png", ""),
        (f"{CDN}/output/generated-image.png", ""),
        (f"{CDN}/1.png", ""),
        (f"{CDN}/", ""),
        ("http://[::1", ""),
    ],
)
def test_a_name_that_any_file_may_have_is_none(link: str, name: str) -> None:
    assert name_in(link) == name


def with_alt(result: Result, alt: str) -> dict[str, str]:
    return {**SKU, "alt": alt} if alt else {"sku": "MUG-1"}


@pytest.mark.heavy
@pytest.mark.parametrize("alt", ["", "A clay mug"], ids=["without words", "with the same words"])
@pytest.mark.parametrize(
    ("result", "done"),
    [
        (images(1), False),
        (images(1), True),
        (images(3), False),
        (images(3), True),
        (video(), False),
        (video(), True),
    ],
    ids=lambda value: getattr(value, "generation_id", f"done {value}"),
)
def test_a_merchant_s_picture_is_never_taken_for_ours(
    start_store: StartStore, result: Result, done: bool, alt: str
) -> None:
    """The attach is lost before or after Shopify carried it out; the merchant adds pictures in between."""
    store = start_store()
    result = replace(result, prompt="")
    context = with_alt(result, alt)
    memory = killed_at_the_attach(store, result, context, after=done)
    product = store.products()[0]["id"]
    theirs = [
        store.order("pictures", id=product, source=f"{CDN}/{name}", **({"alt": alt} if alt else {}))["id"]
        for name in ("IMG_2041.jpg", "image.png")
    ]
    ended, kept = store.deliver(result, context, memory)
    ours = [each["id"] for each in store.media() if each["id"] not in theirs]
    assert len(ours) == len(result.outputs)
    assert list(kept["media"].values()) == ours
    assert ended.note.endswith("live on the product.")
    assert {each["status"] for each in store.media()} == {"READY"}


def killed_at_the_attach(
    store: Store, result: Result, context: Mapping[str, str], *, after: bool
) -> MortalMemory:
    for at in range(30):
        memory = MortalMemory()
        probe = Steps(at, after=after)
        memory.steps = store.http.steps = probe
        before = len(store.requests("mutation RelayAttach"))
        with suppress(Killed):
            store.once(result, context, memory)
        store.http.steps = Steps()
        attached = len(store.requests("mutation RelayAttach")) > before
        if "attaching" in memory.after_crash() and attached is after:
            return cast("MortalMemory", memory.after_crash())
        for each in store.media():
            store.order("removals", id=each["id"])
    raise AssertionError("never at the attach")


def test_media_that_shopify_never_settles_are_waited_for_half_an_hour(start_store: StartStore) -> None:
    store = start_store(speed=0.0001)
    memory = killed_at_the_attach(store, images(1), SKU, after=False)
    store.order("pictures", id=store.products()[0]["id"], source=f"{CDN}/IMG_2041.jpg")
    began, waits = store.now, 0
    while len(store.media()) == 1:
        ended = store.once(images(1), SKU, memory)
        assert isinstance(ended, NotYet)
        store.now += ended.after
        memory, waits = cast("MortalMemory", memory.after_crash()), waits + 1
    assert 1800 <= store.now - began < 1900
    assert waits < 50
