"""What accept keeps, what it drops, and what it makes due."""

import dataclasses
import threading
from collections.abc import Callable, Sequence

import pytest

from relay.models.connection import StoredConnection
from relay.models.core import AcceptedEvent, Event, Output, Result, RoutedResult
from relay.store.contract.core import Store
from tests.store.contract.make import (
    NOW,
    SHEET,
    SHOP,
    accept,
    claim,
    claim_one,
    ended,
    event,
    result,
    retry,
    statuses,
)


class AcceptContract:
    def test_a_new_event_owes_its_result_to_everyone_who_wants_it(self, store: Store) -> None:
        accepted = accept(store, result(), to=(SHEET, SHOP))
        assert (accepted.new, accepted.changed, accepted.results, accepted.deliveries) == (True, False, 1, 2)
        claimed = claim(store, SHEET, SHOP).deliveries
        assert [(each.connection, each.result) for each in claimed] == [
            ("sheet", result()),
            ("shop", result()),
        ]

    def test_an_event_that_comes_again_is_known_and_owes_nothing_more(self, store: Store) -> None:
        first = accept(store, result())
        again = accept(store, result(), at=NOW + 5_000)
        assert again == AcceptedEvent(first.event_id, new=False)
        (row,) = store.events(limit=10)
        assert (row.repeats, row.changed, row.received_at) == (1, 0, NOW)
        assert len(claim(store, at=NOW + 5_000).deliveries) == 1

    def test_an_event_that_comes_again_after_the_delivery_owes_nothing(self, store: Store) -> None:
        accept(store, result())
        store.settle([ended(claim_one(store))])
        accept(store, result(), at=NOW + 60_000)
        assert claim(store, at=NOW + 60_000).deliveries == ()

    def test_a_known_event_with_another_body_is_counted_and_the_first_is_kept(self, store: Store) -> None:
        accept(store, result(prompt="a cup"), body=b'{"prompt": "a cup"}')
        again = accept(store, result(prompt="a hat"), body=b'{"prompt": "a hat"}')
        assert (again.new, again.changed) == (False, True)
        (row,) = store.events(limit=10)
        assert (row.repeats, row.changed) == (1, 1)
        assert claim_one(store).result.prompt == "a cup"

    def test_what_the_address_says_becomes_context_and_adds_to_what_is_known(self, store: Store) -> None:
        for status, context in (("processing", {"sku": "MUG-1"}), ("completed", {"sku": "CUP", "row": "7"})):
            arrived = dataclasses.replace(event(result(status=status)), context=context)
            store.accept(arrived, [RoutedResult(result(status=status), ("sheet",))])
        assert claim_one(store).context == {"sku": "MUG-1", "row": "7"}

    def test_another_status_under_one_delivery_id_is_another_event(self, store: Store) -> None:
        assert accept(store, result(status="processing")).new
        assert accept(store, result(status="completed")).new

    def test_one_event_from_many_threads_at_once_is_new_exactly_once(self, store: Store) -> None:
        answers = in_threads(24, lambda number: accept(store, result()))
        assert [each.new for each in answers].count(True) == 1
        assert len({each.event_id for each in answers}) == 1
        assert sum(each.deliveries for each in answers) == 1
        (row,) = store.events(limit=10)
        assert row.repeats == 23

    def test_many_events_from_many_threads_and_two_handles_are_all_kept(
        self, store: Store, second: Store
    ) -> None:
        handles = (store, second)
        answers = in_threads(40, lambda n: accept(handles[n % 2], result(f"vgen_{n}")))
        assert all(each.new for each in answers)
        assert len(store.events(limit=100)) == 40
        assert len(store.deliveries(limit=100)) == 40

    def test_a_batch_that_comes_again_with_more_children_owes_only_the_new_ones(self, store: Store) -> None:
        one, two = result("vgen_1", vendor_batch_id="batch_1"), result("vgen_2", vendor_batch_id="batch_1")
        accept(store, one, delivery_id="batch_1")
        again = accept(store, one, two, delivery_id="batch_1", body=b'{"more": 1}')
        assert (again.new, again.results, again.deliveries) == (False, 1, 1)
        wide = dataclasses.replace(SHEET, concurrency=10)
        assert {each.result.generation_id for each in claim(store, wide).deliveries} == {"vgen_1", "vgen_2"}

    def test_a_child_that_also_calls_back_itself_is_delivered_once(self, store: Store) -> None:
        accept(store, result("vgen_1", vendor_batch_id="batch_1"), delivery_id="batch_1")
        own = accept(store, result("vgen_1"), delivery_id="vgen_1")
        assert (own.new, own.results, own.deliveries) == (True, 0, 0)
        assert len(store.deliveries(limit=10)) == 1

    def test_completed_supersedes_failed_and_what_was_not_delivered_is_skipped(self, store: Store) -> None:
        accept(store, result(status="failed"))
        accept(store, result(status="completed"), at=NOW + 1)
        assert statuses(store) == {"failed": "skipped", "completed": "pending"}
        assert claim_one(store, at=NOW + 1).result.status == "completed"

    def test_failed_supersedes_processing(self, store: Store) -> None:
        accept(store, result(status="processing"))
        accept(store, result(status="failed"), at=NOW + 1)
        assert statuses(store) == {"processing": "skipped", "failed": "pending"}

    def test_what_waits_for_another_try_is_superseded_too(self, store: Store) -> None:
        accept(store, result(status="failed"))
        store.settle([retry(claim_one(store), NOW + 5_000)])
        accept(store, result(status="completed"), at=NOW + 1)
        assert statuses(store) == {"failed": "skipped", "completed": "pending"}

    def test_what_was_delivered_stays_delivered_when_a_later_result_comes(self, store: Store) -> None:
        accept(store, result(status="failed"))
        store.settle([ended(claim_one(store))])
        accept(store, result(status="completed"), at=NOW + 1)
        assert statuses(store) == {"failed": "delivered", "completed": "pending"}

    def test_a_failed_that_comes_late_is_kept_and_delivered_to_nobody(self, store: Store) -> None:
        accept(store, result(status="completed"))
        late = accept(store, result(status="failed"), at=NOW + 1)
        assert (late.new, late.results, late.deliveries) == (True, 1, 0)
        assert statuses(store) == {"completed": "pending", "failed": "skipped"}
        assert claim_one(store, at=NOW + 1).result.status == "completed"

    def test_a_processing_that_comes_late_leaves_the_generation_where_it_was(self, store: Store) -> None:
        accept(store, result(status="failed"))
        accept(store, result(status="processing"), at=NOW + 1)
        accept(store, result(status="completed"), at=NOW + 2)
        assert statuses(store) == {"failed": "skipped", "processing": "skipped", "completed": "pending"}

    def test_a_later_result_of_another_generation_supersedes_nothing(self, store: Store) -> None:
        accept(store, result("vgen_1", "failed"))
        accept(store, result("vgen_2", "completed"))
        assert statuses(store, "vgen_1") == {"failed": "pending"}

    def test_a_known_result_fills_what_was_empty_and_changes_nothing_else(self, store: Store) -> None:
        accept(store, result(prompt="", model="auto", credits=None))
        accept(store, result(prompt="a cup", model="kling", credits=30.0), delivery_id="another")
        filled = claim_one(store).result
        assert (filled.prompt, filled.model, filled.credits) == ("a cup", "auto", 30.0)

    def test_a_kind_that_was_unknown_is_learnt_from_the_next_result(self, store: Store) -> None:
        accept(store, result(status="processing", kind="unknown"))
        accept(store, result(status="completed", kind="video"), at=NOW + 1)
        assert claim_one(store, at=NOW + 1).result.kind == "video"

    def test_a_result_that_nobody_wants_is_kept_and_delivered_to_nobody(self, store: Store) -> None:
        accepted = accept(store, result(), to=())
        assert (accepted.new, accepted.results, accepted.deliveries) == (True, 1, 0)
        assert store.deliveries(limit=10) == []
        assert store.events(limit=10)[0].deliveries == ""

    def test_an_event_without_results_is_kept(self, store: Store) -> None:
        accepted = store.accept(event(delivery_id="odd"), [])
        assert (accepted.new, accepted.results, accepted.deliveries) == (True, 0, 0)
        assert [each.delivery_id for each in store.events(limit=10)] == ["odd"]

    def test_every_word_of_a_result_comes_back_as_it_went_in(self, store: Store) -> None:
        full = result(
            outputs=(Output("https://cdn.test/a.mp4", "video/mp4", 2**40), Output("https://cdn.test/b")),
            prompt='Zoë, 東京 🦊 "quoted"\nline',
            model="auto",
            model_actual="kling",
            error="no",
            error_code="E1",
            credits=0.0,
            credits_refunded=1.5,
            vendor_batch_id="batch_1",
            completed_at="2026-03-09T16:12:43Z",
        )
        accept(store, full)
        assert claim_one(store).result == full

    def test_each_connection_gets_what_it_wants_of_one_event(self, store: Store) -> None:
        one, two = result("vgen_1"), result("vgen_2")
        store.accept(event(one, two), [RoutedResult(one, ("sheet",)), RoutedResult(two, ("sheet", "shop"))])
        by_connection = {
            name: {each.generation_id for each in store.deliveries(limit=10, connection=name)}
            for name in ("sheet", "shop")
        }
        assert by_connection == {"sheet": {"vgen_1", "vgen_2"}, "shop": {"vgen_2"}}

    def test_the_key_of_a_delivery_depends_on_nothing_that_a_lost_database_would_take(
        self, store: Store
    ) -> None:
        accept(store, result())
        claimed = claim_one(store)
        assert claimed.key == "cc59d03848dd30af0927ca4bbae19928"

    def test_old_bodies_go_oldest_first_and_what_came_again_is_still_known(self, store: Store) -> None:
        for number in range(4):
            accept(store, result(f"vgen_{number}"), at=NOW + number * 1_000)
        assert store.prune_bodies(before=NOW + 3_000, most=2) == 2
        assert store.prune_bodies(before=NOW + 3_000, most=2) == 1
        assert store.prune_bodies(before=NOW + 3_000, most=2) == 0
        kept = {each.delivery_id: store.event(each.id) for each in store.events(limit=9)}
        assert [name for name, record in kept.items() if record and record.body is not None] == ["vgen_3"]
        assert not accept(store, result("vgen_0"), at=NOW + 9_000).new
        assert [each.result.status for each in store.results("vgen_0")] == ["completed"]

    def test_many_arrivals_are_each_answered_as_if_they_came_alone(self, store: Store) -> None:
        """Whatever is among them: new ones, one that is known, one that is there twice, a later status."""
        accept(store, result("vgen_known"))
        arrivals = [
            arrival(result("vgen_1")),
            arrival(result("vgen_known")),
            arrival(result("vgen_2", "failed")),
            arrival(result("vgen_2", "completed")),
            arrival(result("vgen_1")),
        ]
        answers = store.accept_all(arrivals)
        assert [(each.new, each.results, each.deliveries) for each in answered(answers)] == [
            (True, 1, 1),
            (False, 0, 0),
            (True, 1, 1),
            (True, 1, 1),
            (False, 0, 0),
        ]
        assert answered(answers)[4].event_id == answered(answers)[0].event_id
        assert statuses(store, "vgen_2") == {"failed": "skipped", "completed": "pending"}
        assert len(store.deliveries(limit=10)) == 4

    def test_an_arrival_that_cannot_be_written_fails_alone(self, store: Store) -> None:
        broken = dataclasses.replace(event(delivery_id="broken"), name=["no text"])  # type: ignore[arg-type]
        arrivals = [arrival(result("vgen_1")), (broken, ()), arrival(result("vgen_2"))]
        first, second, third = store.accept_all(arrivals)
        assert isinstance(second, Exception)
        assert [each.new for each in answered([first, third])] == [True, True]
        assert {each.delivery_id for each in store.events(limit=10)} == {"vgen_1", "vgen_2"}
        assert len(claim(store).deliveries) == len(store.deliveries(limit=10)) == 2

    def test_nothing_is_added_for_a_connection_that_was_removed_meanwhile(self, store: Store) -> None:
        store.add_connection(StoredConnection("sheet", "sheets", options="{}", filters="{}"))
        store.remove_connection("sheet", now=NOW, note="gone")
        (accepted,) = answered(store.accept_all([arrival(result(), to=("sheet", "shop"))]))
        assert (accepted.results, accepted.deliveries) == (1, 1)
        assert [each.connection for each in store.deliveries(limit=10)] == ["shop"]

    @pytest.mark.parametrize("status", ["processing", "failed", "completed"])
    def test_the_quick_way_for_new_ones_writes_what_the_careful_way_writes(
        self, store: Store, status: str
    ) -> None:
        """One that is known among them makes the store take the careful way for all."""
        given = result("vgen_new", status, outputs=(Output("https://cdn.test/a.mp4", "video/mp4"),))
        new = dataclasses.replace(event(given), context={"sku": "MUG-1"}, label="x")
        routed = RoutedResult(given, ("sheet", "shop"), held_until=NOW + 4_000)
        accept(store, result("vgen_known"), to=())
        (quick,) = answered(store.accept_all([(new, (routed,))]))
        seen = everything_of(store, "vgen_new")
        again = dataclasses.replace(
            new, delivery_id="other", results=(dataclasses.replace(given, generation_id="vgen_other"),)
        )
        other = dataclasses.replace(routed, result=again.results[0])
        careful, _ = answered(store.accept_all([(again, (other,)), arrival(result("vgen_known"), to=())]))
        assert dataclasses.replace(quick, event_id="") == dataclasses.replace(careful, event_id="")
        assert seen == everything_of(store, "vgen_other")
        wide = dataclasses.replace(SHEET, concurrency=10)
        contexts = [each.context for each in claim(store, wide, at=NOW + 5_000).deliveries]
        assert contexts == [{"sku": "MUG-1"}] * 2


def arrival(of: Result, to: Sequence[str] = ("sheet",)) -> tuple[Event, Sequence[RoutedResult]]:
    return event(of), (RoutedResult(of, tuple(to)),)


def answered(answers: Sequence[AcceptedEvent | Exception]) -> list[AcceptedEvent]:
    assert not any(isinstance(each, Exception) for each in answers), answers
    return [each for each in answers if isinstance(each, AcceptedEvent)]


def everything_of(store: Store, generation_id: str) -> list[object]:
    """All that can be read of a generation, without its id and ours."""
    claimed, _ = store.claim_copies(now=NOW, lease_until=NOW, first=9, later=0)
    copies = [(each.number, each.url) for each in claimed if each.generation_id == generation_id]
    deliveries = [
        (each.connection, each.status, each.due_at, each.note)
        for each in store.deliveries(limit=50)
        if each.generation_id == generation_id
    ]
    results = [
        (dataclasses.replace(each.result, generation_id=""), each.received_at)
        for each in store.results(generation_id)
    ]
    events = [
        (each.name, each.label, each.secret, each.status, each.repeats)
        for each in store.events(limit=50)
        if each.label == "x"
    ]
    return [copies, sorted(deliveries, key=str), results, events[:1]]


def in_threads(count: int, work: Callable[[int], AcceptedEvent]) -> list[AcceptedEvent]:
    """The answers of so many threads that begin together."""
    answers: list[AcceptedEvent] = []
    gate = threading.Barrier(count)

    def run(number: int) -> None:
        gate.wait(30)
        answers.append(work(number))

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(answers) == count, "a thread failed"
    return answers
