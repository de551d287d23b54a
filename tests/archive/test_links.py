"""Our links: signed for one copy, readable as long as one of the secrets is still accepted."""

import pytest

from relay.archive.links import Links, link_function
from relay.models.archive import Copy

KEY = "2026/02/vgen_1-1.mp4"
ORIGIN = "https://relay.example.com"


def signature(url: str) -> str:
    return url.removeprefix(f"{ORIGIN}/files/").partition("/")[0]


def test_a_link_opens_its_own_copy_and_no_other() -> None:
    links = Links(["secret"], ORIGIN)
    url = links.link(KEY)
    assert url.startswith(f"{ORIGIN}/files/")
    assert url.endswith(f"/{KEY}")
    assert links.is_ours(KEY, signature(url))
    assert not links.is_ours("2026/02/vgen_2-1.mp4", signature(url))


@pytest.mark.parametrize("forged", ["", "x", "A" * 43, "é", "\0"])
def test_a_forged_signature_opens_nothing(forged: str) -> None:
    assert not Links(["secret"], ORIGIN).is_ours(KEY, forged)


def test_links_outlive_a_change_of_the_secret() -> None:
    old = signature(Links(["old"], ORIGIN).link(KEY))
    changed = Links(["new", "old"], ORIGIN)
    assert changed.is_ours(KEY, old)
    assert Links(["new"], ORIGIN).is_ours(KEY, signature(changed.link(KEY)))
    assert not Links(["new"], ORIGIN).is_ours(KEY, old)


def test_without_an_address_there_is_no_link() -> None:
    assert Links(["secret"], "").link(KEY) == ""
    assert link_function(Links(["secret"], ""), None)(Copy(1, "local", KEY), 0) is None


def test_each_copy_is_linked_where_it_lies() -> None:
    link = link_function(Links(["secret"], ORIGIN), lambda key, now: (f"https://bucket.test/{key}", now + 7))
    assert link(Copy(1, "s3", KEY), 3) == (f"https://bucket.test/{KEY}", 10)
    assert link(Copy(1, "local", KEY), 3) == (Links(["secret"], ORIGIN).link(KEY), None)


def test_a_copy_in_a_bucket_that_is_not_set_up_any_more_has_no_link() -> None:
    assert link_function(Links(["secret"], ORIGIN), None)(Copy(1, "s3", KEY), 0) is None
