"""Shopify, each output once: whatever dies, whatever answer is lost, and with the database gone."""

from dataclasses import replace

import pytest

from relay.models.core import Result
from tests.connectors.contract import Kept
from tests.connectors.shopify.store import (
    SKU,
    MortalMemory,
    StartStore,
    Steps,
    Store,
    images,
    video,
)


def steps_of(store: Store, result: Result) -> int:
    steps = Steps()
    memory = MortalMemory()
    memory.steps = store.http.steps = steps
    assert not store.until_killed(result, memory)
    return steps.count


@pytest.mark.parametrize("result", [video(), images(3)], ids=["video", "images"])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.slow
def test_a_kill_at_any_step_leaves_each_output_once_on_the_product(
    start_store: StartStore, result: Result, after: bool
) -> None:
    """Steps are all calls and all saves; a kill comes before one has its effect, or right after it."""
    count = steps_of(start_store(), result)
    assert count > 10
    store = start_store()
    for at in range(count):
        ours = replace(result, generation_id=f"{result.generation_id}_{at}")
        before = len(store.media())
        memory = MortalMemory()
        memory.steps = store.http.steps = Steps(at, after=after)
        assert store.until_killed(ours, memory), at
        store.http.steps = Steps()
        store.connector = store.connect()
        store.deliver(ours, SKU, memory.after_crash())
        assert len(store.media()) == before + len(result.outputs), at


@pytest.mark.slow
def test_answers_that_are_lost_double_nothing(start_store: StartStore) -> None:
    store = start_store(paced=False)
    store.sandbox.drop_responses(0.2, seed=7)
    made = [video(f"vgen_{n}") if n % 3 else images(2, f"igen_{n}") for n in range(30)]
    for result in made:
        store.deliver(result, {"sku": "MUG-1"})
    sources = [each["source"] for each in store.media()]
    assert len(sources) == len(set(sources)) == sum(len(result.outputs) for result in made)


@pytest.mark.heavy
@pytest.mark.parametrize("seed", range(8))
def test_half_of_all_answers_lost_double_nothing_either(start_store: StartStore, seed: int) -> None:
    store = start_store(paced=False)
    store.sandbox.drop_responses(0.5, seed=seed)
    store.deliver(video())
    store.deliver(images(4))
    assert len(store.media()) == 5


def test_a_lost_database_attaches_nothing_twice(store: Store) -> None:
    for result in (video(), images(2)):
        first, _ = store.deliver(result)
        store.connector = store.connect()
        again, _ = store.deliver(result, SKU, Kept())
        assert again.link == first.link
    assert len(store.media()) == 3


def test_an_id_that_fits_no_metafield_is_marked_too(store: Store) -> None:
    for _ in range(2):
        store.deliver(replace(video(), generation_id="vgen/1 \u00e4" * 20), SKU, Kept())
    assert len(store.media()) == 1


@pytest.mark.slow
def test_a_neighbour_with_the_same_words_is_not_taken_for_ours(start_store: StartStore) -> None:
    """A dies with its attach unanswered and not done; B attaches the same words; A must still arrive."""
    store = start_store()
    count = steps_of(store, images(1, "probe"))
    for at in range(count):
        memory = MortalMemory()
        memory.steps = store.http.steps = Steps(at)
        before = len(store.media())
        assert store.until_killed(images(1, f"igen_a_{at}"), memory)
        store.http.steps = Steps()
        store.deliver(images(1, f"igen_b_{at}"), SKU)
        store.deliver(images(1, f"igen_a_{at}"), SKU, memory.after_crash())
        assert len(store.media()) == before + 2, at


@pytest.mark.slow
def test_what_a_person_took_away_comes_back_only_when_it_is_sent_again(start_store: StartStore) -> None:
    """Also when the process dies while it is sent again."""
    for at in range(40):
        store = start_store()
        store.deliver(video())
        store.order("removals", id=store.media()[0]["id"])
        memory = MortalMemory()
        done, kept = store.deliver(video(), SKU, memory)
        assert (store.media(), "removed in the store" in done.note) == ([], True)
        memory = MortalMemory(kept.after_crash().saved)
        memory.steps = store.http.steps = Steps(at)
        died = store.until_killed(video(), memory)
        store.http.steps = Steps()
        if died:
            store.deliver(video(), SKU, memory.after_crash())
        assert len(store.media()) == 1, at
        store.close()
        if not died:
            return
    raise AssertionError("it never ended by itself")


@pytest.mark.slow
def test_a_kill_during_the_new_try_doubles_nothing(start_store: StartStore) -> None:
    probe = start_store()
    probe.order("errors", code="UNKNOWN")
    count = steps_of(probe, video())
    for at in range(count):
        for after in (False, True):
            store = start_store()
            store.order("errors", code="UNKNOWN")
            memory = MortalMemory()
            memory.steps = store.http.steps = Steps(at, after=after)
            assert store.until_killed(video(), memory)
            store.http.steps = Steps()
            store.deliver(video(), SKU, memory.after_crash())
            assert [each["status"] for each in store.media()] == ["FAILED", "READY"], (at, after)
            store.close()


def killed_after_its_upload(store: Store, name: str) -> Kept:
    """The memory of a delivery that died when its upload was just remembered."""
    for at in range(steps_of(store, video(f"{name}_probe"))):
        memory = MortalMemory()
        memory.steps = store.http.steps = Steps(at)
        assert store.until_killed(video(f"{name}_{at}"), memory)
        if memory.after_crash().get("staged"):
            break
    store.http.steps = Steps()
    kept = memory.after_crash()
    assert "attaching" not in kept
    kept["name"] = f"{name}_{at}"
    return kept


def test_an_upload_that_was_finished_is_not_repeated_within_its_hour(store: Store) -> None:
    memory = killed_after_its_upload(store, "v")
    before, media = store.uploads(), len(store.media())
    store.deliver(video(memory["name"]), SKU, memory)
    assert (store.uploads(), len(store.media())) == (before, media + 1)


def test_an_upload_of_an_hour_ago_is_made_again(store: Store) -> None:
    memory = killed_after_its_upload(store, "v")
    before, media = store.uploads(), len(store.media())
    store.now += 3590
    store.deliver(video(memory["name"]), SKU, memory)
    assert (store.uploads(), len(store.media())) == (before + 1, media + 1)
