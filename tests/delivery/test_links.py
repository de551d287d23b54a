"""The links that connectors hand on: our copies first, and how long each lives."""

from relay.delivery.links import linked, no_link
from relay.models.archive import Copy
from relay.models.core import LINKS_LIVE_MS, Output, Result, ResultStatus
from relay.models.delivery import ClaimedDelivery

NOW = 1_800_000_000_000
ONE, TWO = Output("https://cdn.test/1.png", "image/png", 7), Output("https://cdn.test/2.png")
FIRST = Copy(1, "local", "2027/01/vgen_1-1.png")


def claimed(
    *copies: Copy, status: str = "completed", outputs: tuple[Output, ...] = (ONE, TWO)
) -> ClaimedDelivery:
    result = Result("vgen_1", ResultStatus(status), "image", outputs)
    return ClaimedDelivery("dlv_1", "sheet", 1, 0, result, {}, received_at=NOW, copies=copies)


def test_a_copy_is_handed_on_in_place_of_the_vendors_link() -> None:
    found = linked(claimed(FIRST), lambda copy, _: (f"https://relay.test/{copy.key}", None), NOW)
    assert found.outputs[0].link == "https://relay.test/2027/01/vgen_1-1.png"
    assert (found.outputs[0].url, found.outputs[0].type, found.outputs[0].size) == (ONE.url, "image/png", 7)
    assert found.outputs[1].link == TWO.url
    assert found.ends_at(found.outputs[0]) is None
    assert found.ends_at(found.outputs[1]) == NOW + LINKS_LIVE_MS


def test_a_signed_links_own_end_is_told() -> None:
    found = linked(claimed(FIRST), lambda _, now: ("https://bucket.test/x", now + 7), NOW + 5)
    assert found.ends_at(found.outputs[0]) == NOW + 12


def test_without_an_archive_the_vendors_links_are_handed_on_with_their_end() -> None:
    for each in (claimed(), claimed(FIRST)):
        found = linked(each, no_link, NOW)
        assert [output.link for output in found.outputs] == [ONE.url, TWO.url]
        assert found.links_end_at == NOW + 7 * 24 * 3600 * 1000


def test_what_has_no_files_is_left_as_it_is() -> None:
    for each in (claimed(status="failed", outputs=()), claimed(status="processing"), claimed(outputs=())):
        assert linked(each, no_link, NOW) is each.result


def test_a_result_names_our_page_of_it_only_where_people_reach_the_relay() -> None:
    for each in (claimed(), claimed(status="failed", outputs=())):
        assert (
            linked(each, no_link, NOW, "https://relay.test").page == "https://relay.test/generations/vgen_1"
        )
        assert linked(each, no_link, NOW).page == ""


def test_the_key_is_the_same_with_and_without_a_copy() -> None:
    assert claimed().key == claimed(FIRST).key
