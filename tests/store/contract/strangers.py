"""What no signature covers, such as an address, decides nothing that a signature vouches for."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Protocol

import pytest

from relay.models.core import CONFIRMED, Event, RoutedResult
from relay.models.job import NewJob, RateBucket, Source
from relay.store.contract.core import Store
from relay.store.contract.generation import JobStore
from tests.store.contract.make import NOW, SHEET, claim, claim_one, event, result

MUG, OTHER = {"sku": "MUG-2"}, {"product_id": "666", "title": "X"}
SIGNED, UNSIGNED, AGAIN, JOB = "signed", "confirmed only", "again under another id", "a job of ours"

# (what comes, in order, each with the query of its address), the context that is delivered, and why.
CONTEXTS: list[tuple[Sequence[tuple[str, Mapping[str, str]]], Mapping[str, str], str]] = [
    ([(SIGNED, MUG), (UNSIGNED, OTHER)], MUG, "a stranger's query adds to nothing that is signed"),
    ([(SIGNED, {}), (UNSIGNED, OTHER)], {}, "nor to a signed one that says nothing"),
    ([(SIGNED, MUG), (UNSIGNED, {"sku": "CUP"})], MUG, "nor does it replace a value"),
    ([(SIGNED, MUG), (AGAIN, OTHER)], MUG, "the same bytes again add nothing, whatever their delivery id"),
    ([(SIGNED, {}), (AGAIN, OTHER)], {}, "also where the first ones said nothing"),
    ([(SIGNED, MUG), ("repeat", OTHER)], MUG, "nor do they under the same id"),
    ([(SIGNED, MUG), (AGAIN, OTHER), (AGAIN, OTHER)], MUG, "nor the third time"),
    ([(UNSIGNED, OTHER), (SIGNED, MUG)], MUG, "the signed one replaces what a stranger said before"),
    ([(UNSIGNED, OTHER), (SIGNED, {})], {}, "also where it says nothing"),
    ([(UNSIGNED, OTHER), (SIGNED, MUG), (UNSIGNED, OTHER)], MUG, "and it stays so"),
    ([(UNSIGNED, MUG)], MUG, "where nothing is signed the query is all there is"),
    ([(UNSIGNED, MUG), (UNSIGNED, {"sku": "CUP"})], MUG, "and what came first stays"),
    ([(JOB, MUG), (UNSIGNED, OTHER)], MUG, "a stranger's query adds to no job"),
    ([(JOB, {}), (UNSIGNED, OTHER)], {}, "nor to one that has no context"),
    ([(UNSIGNED, OTHER), (JOB, MUG), (SIGNED, {})], MUG, "a job replaces what a stranger said before"),
    ([(UNSIGNED, OTHER), (JOB, {}), (SIGNED, {})], {}, "also one that has no context"),
    (
        [(JOB, MUG), (SIGNED, {"row": "7"})],
        MUG | {"row": "7"},
        "a signed query adds to a job started elsewhere",
    ),
    ([(JOB, MUG), (SIGNED, {"row": "7"}), (AGAIN, OTHER)], MUG | {"row": "7"}, "once"),
    ([("another status", MUG), (SIGNED, {"row": "7"})], MUG | {"row": "7"}, "each signed webhook adds, once"),
]


class Accepting(Store, JobStore, Protocol):
    """What these tests ask of a store."""


def arrives(store: Accepting, how: str, query: Mapping[str, str], number: int) -> None:
    if how == JOB:
        job = NewJob(
            "text-to-video", {}, query, Source.ELSEWHERE, "video", RateBucket.VIDEO, vendor_id="vgen_1"
        )
        store.create_jobs([job], now=NOW)
        return
    status = "processing" if how == "another status" else "completed"
    arrived = event(result(status=status), at=NOW + number, body=f'{{"status": "{status}"}}'.encode())
    store.accept(_as(arrived, how, query, number), [RoutedResult(result(status=status), ("sheet",))])


def _as(arrived: Event, how: str, query: Mapping[str, str], number: int) -> Event:
    if how == UNSIGNED:
        return dataclasses.replace(arrived, context=query, secret=CONFIRMED)
    if how == AGAIN:
        return dataclasses.replace(arrived, context=query, delivery_id=f"made_up_{number}")
    return dataclasses.replace(arrived, context=query)


class StrangersContract:
    @pytest.mark.parametrize(("comes", "context", "why"), CONTEXTS, ids=[why for _, _, why in CONTEXTS])
    def test_the_query_of_a_webhook_counts_where_a_signature_came_with_it_first(
        self,
        store: Accepting,
        comes: Sequence[tuple[str, Mapping[str, str]]],
        context: Mapping[str, str],
        why: str,
    ) -> None:
        for number, (how, query) in enumerate(comes):
            arrives(store, how, query, number)
        assert claim_one(store, SHEET, at=NOW + 100_000).context == context, why

    def test_a_child_that_a_repeated_batch_brings_has_the_context_of_its_address(
        self, store: Accepting
    ) -> None:
        """A batch may come again under its id, with more of its videos: those are new, and known by it."""
        for names in (["vgen_1"], ["vgen_1", "vgen_2"]):
            results = [result(each) for each in names]
            arrived = event(*results, delivery_id="batch_1", body=repr(names).encode())
            wanted = [RoutedResult(each, ("sheet",)) for each in results]
            store.accept(dataclasses.replace(arrived, context=MUG), wanted)
        assert [each.context for each in claim(store, SHEET).deliveries] == [MUG, MUG]
