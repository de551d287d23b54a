"""Shopify's samples: the connector asks exactly so, reads what is answered, and all of it fits the schema."""

from typing import Any

import pytest
from graphql import parse, validate
from graphql.execution.values import get_variable_values

from connectors.base import Done, NotYet
from connectors.shopify.connector import Shopify
from relay.errors import RemoteError
from tests.connectors.contract import KEY, NOW, VIDEO, Kept, Refusal
from tests.connectors.files import GivenFiles
from tests.connectors.sample_wire import ok, refused, wire
from tests.connectors.shopify.test_queries import operation
from tests.connectors.shopify.wire import FILE, connect
from tests.reference.shopify import schema
from tests.samples import PATH, Sample, refusal, sample
from tests.sandbox.shopify.test_app import check_against_schema

FILM = GivenFiles({FILE: b"0123456789"})
SKU = {"sku": "MUG-1", "alt": "A clay mug"}
PAGE = "https://admin.shopify.com/store/clay-and-co/products/1001"
FOUND = ("token", "variants", "media")
UPLOADED = (*FOUND, "stage", "upload", "media")
ATTACHED = (*UPLOADED, "attach", "mark")
GRAPHQL = sorted(
    f"shopify/{path.stem}"
    for path in (PATH / "shopify").glob("*.json")
    if not path.stem.startswith(("refusals", "token", "upload"))
)


def shopify() -> Shopify:
    return connect(client_id="4d1f0e2a9b8c7d6e", client_secret="shpss_sampleSample")


def samples(*names: str) -> list[Sample]:
    return [sample(f"shopify/{name}") for name in names]


def deliver(*answers: Sample | Refusal, memory: Kept | None = None) -> Done:
    """To its end, each round a second later, with one connector: it keeps its token."""
    connector, kept, now = shopify(), Kept() if memory is None else memory, NOW
    with wire(*answers):
        while isinstance(ended := connector.deliver(VIDEO, SKU, KEY, kept, FILM, now), NotYet):
            now += 1000
    return ended


def fault(*answers: Sample | Refusal, memory: Kept | None = None) -> RemoteError:
    with pytest.raises(RemoteError) as caught:
        deliver(*answers, memory=memory)
    return caught.value


def test_a_video_is_uploaded_attached_marked_and_watched_until_it_is_live() -> None:
    done = deliver(*samples(*ATTACHED, "status"))
    assert (done.link, done.note) == (PAGE, "1 video is live on the product.")


def test_a_video_that_was_not_processed_is_the_record_s_fault_in_shopify_s_words() -> None:
    error = fault(*samples(*ATTACHED, "status.failed"))
    assert error.whose == "record"
    assert "VIDEO_MAX_DURATION_ERROR: It is too long" in error.message


def test_a_product_is_found_by_its_handle_and_is_known_by_its_marker() -> None:
    with wire(*samples("token", "product", "media.attached")):
        memory = Kept()
        waits = shopify().deliver(VIDEO, {"handle": "clay-mug"}, KEY, memory, FILM, NOW)
    assert isinstance(waits, NotYet)
    assert list(memory["media"].values()) == ["gid://shopify/Video/2001"]


def test_an_attach_without_an_answer_is_found_by_the_name_of_its_file() -> None:
    memory = Kept()
    lost = refused(refusal("shopify/refusals", "500"))
    assert fault(*samples(*UPLOADED), lost, memory=memory).ambiguous
    found = samples("token", "media.attached", "file_names", "mark", "status")
    assert deliver(*found, memory=memory.after_crash()).note == "1 video is live on the product."


def test_a_place_that_is_refused_names_the_reason() -> None:
    staged = ok(sample("shopify/stage.refused").body)
    error = fault(*samples(*FOUND), staged)
    assert (error.whose, "not a recognized format" in error.message) == ("record", True)


def test_an_attach_that_is_refused_names_the_reason() -> None:
    attached = ok(sample("shopify/attach.refused").body)
    error = fault(*samples(*UPLOADED), attached)
    assert (error.whose, "Invalid video url" in error.message) == ("record", True)


def test_a_marker_that_changed_is_read_again() -> None:
    until_marked = samples(*ATTACHED[:-1])
    done = deliver(*until_marked, *samples("mark.stale", "media.attached", "status"))
    assert done.note == "1 video is live on the product."


def test_the_check_names_the_store() -> None:
    with wire(*samples("token", "shop")):
        found = shopify().check()
    assert (found.ok, "Clay & Co" in found.message) == (True, True)


@pytest.mark.parametrize("name", GRAPHQL)
def test_each_sample_fits_shopify_s_schema(name: str) -> None:
    found = sample(name)
    body: dict[str, Any] = found.request["body"]
    assert validate(schema(), parse(body["query"])) == []
    definitions = list(operation(body["query"]).variable_definitions or ())
    assert not isinstance(get_variable_values(schema(), definitions, body["variables"]), list)
    check_against_schema(body["query"], body["variables"], found.body)
