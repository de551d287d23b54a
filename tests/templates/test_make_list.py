"""The list of products, run by an interpreter of ours (not Make) against the sandbox: each is paid once.

Paid jobs are counted in the sandbox's ledger, by picture and prompt.
"""

import json
import random
import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from sandbox.app import serve
from sandbox.config import API_KEY, Config
from sandbox.creativeai.faults import Fault
from tests.templates.make_run.blueprints import blueprint
from tests.templates.make_run.interpreter import KilledError, ModuleError, Run
from tests.templates.make_run.world import Clock, World

SENDER, MARK, OUTCOME = "Create the video at CreativeAI", "Mark it as in hand", "Correct the mark"
CALLBACK = "https://127.0.0.1:1/results"
HOSTILE = 'He said "no" \\ <!channel>\nand\tleft 😀 {{1.secret}}'


@pytest.fixture
def world() -> Iterator[World]:
    clock = Clock()
    sandbox = serve(config=Config(clock=clock))
    yield World(
        sandbox, clock, {"https://api.creativeai.run": sandbox.url}, {"https://api.creativeai.run": API_KEY}
    )
    sandbox.stop()


def product(number: int, **changed: Any) -> dict[str, Any]:
    return {
        "sku": f"SKU-{number}",
        "row": number,
        "prompt": f"Product {number} turns",
        "image_url": f"https://shop.example.com/{number}.jpg",
    } | changed


def posted(world: World, products: Any, **options: Any) -> Run:
    run = Run(blueprint("image-to-video"), world, **options)
    return run.start({"callback_url": CALLBACK, "products": products})


def paid(world: World) -> list[str]:
    return sorted(each.request["prompt"] for each in world.sandbox.jobs)


def states(world: World) -> list[str]:
    return sorted(each["state"] for each in world.store.values())


def test_ten_products_are_all_made_though_three_run_at_a_time(world: World) -> None:
    products = [product(each) for each in range(10)]
    run = posted(world, products)
    assert run.response
    assert run.response.status == 202
    assert paid(world) == sorted(each["prompt"] for each in products)
    assert states(world) == ["Started"] * 10
    refused = [row for row in world.rows if row[3] == "Not started"]
    assert refused
    assert all("429" in row[4] and "Nothing was charged" in row[4] for row in refused)
    assert sorted(row[0] for row in world.rows if row[3] == "Started") == [f"SKU-{n}" for n in range(10)]


@pytest.mark.slow
def test_what_a_run_could_not_start_is_started_by_posting_the_list_once_more(world: World) -> None:
    products = [product(each) for each in range(30)]
    posted(world, products)
    first = len(paid(world))
    assert 3 < first < 30, "A run ends before 40 minutes."
    assert states(world).count("Not started") == 30 - first, "Nothing is left in hand."
    for _ in range(3):
        world.sleep(300)
        posted(world, products)
    assert paid(world) == sorted(each["prompt"] for each in products)


@pytest.mark.parametrize("fault", [Fault.TOO_MANY_REQUESTS, Fault.UNAVAILABLE])
def test_a_refusal_for_now_is_tried_again_in_the_same_run(world: World, fault: Fault) -> None:
    for _ in range(4):
        world.sandbox.inject(fault)
    posted(world, [product(1)])
    assert paid(world) == ["Product 1 turns"]
    assert [row[3] for row in world.rows] == ["Not started", "Started"]


@pytest.mark.parametrize(("fault", "code"), [(Fault.KEY_REFUSED, "401"), (Fault.NO_CREDITS, "402")])
def test_a_refusal_is_shown_and_the_product_is_free_for_the_next_run(
    world: World, fault: Fault, code: str
) -> None:
    world.sandbox.inject(fault)
    posted(world, [product(1)])
    assert paid(world) == []
    (row,) = world.rows
    assert row[3] == "Refused"
    assert code in row[4]
    assert "Nothing was charged" in row[4]
    posted(world, [product(1)])
    assert paid(world) == ["Product 1 turns"]


def test_a_lost_answer_is_never_repeated_and_is_said(world: World) -> None:
    world.sandbox.inject(Fault.LOST_ANSWER)
    for _ in range(3):
        posted(world, [product(1), product(2)])
    assert paid(world) == ["Product 1 turns", "Product 2 turns"]
    assert states(world) == ["Started", "Unknown"]
    first, *repeats = [row for row in world.rows if row[0] == "SKU-1"]
    assert first[3] == "Unknown"
    for row in (first, *repeats):
        assert "check your CreativeAI dashboard" in row[4]
        assert any(row[4].endswith(key) for key in world.store), "The key to delete is in the row."
    assert len(repeats) == 2, "Each run says it once."


SAME = {"sku": "SKU-1", "prompt": "It turns", "image_url": "https://shop.example.com/1.jpg"}


@pytest.mark.heavy
@pytest.mark.parametrize(
    ("products", "jobs", "why"),
    [
        ([SAME, SAME, SAME | {"sku": "SKU-2"}], 2, "a line that is repeated in full is one product"),
        ([SAME | {"row": n} for n in (2, 3, 4)], 3, "lines with rows of their own are products of their own"),
        ([SAME, SAME | {"prompt": "It falls"}], 2, "another prompt is another video"),
        ([SAME | {"row": 2}, SAME | {"row": "2"}], 1, "a number and its text are the same row"),
        ([product(1, sku=""), product(2, sku=None)], 2, "no SKU is needed"),
        ([product(1, prompt=HOSTILE, sku=HOSTILE)], 1, "any text is sent as it is"),
        (
            [SAME, SAME | {"sku": ""}, {each: SAME[each] for each in ("prompt", "image_url")}],
            2,
            "empty is missing",
        ),
    ],
)
def test_rows_equal_jobs_however_often_the_list_is_posted(
    world: World, products: list[dict[str, Any]], jobs: int, why: str
) -> None:
    for _ in range(3):
        posted(world, products)
        world.sleep(300)
    assert len(paid(world)) == jobs, why
    assert set(paid(world)) == {each["prompt"] for each in products}


def test_a_product_without_a_prompt_stops_no_other(world: World) -> None:
    posted(world, [product(1), product(2, prompt=""), {"sku": "SKU-3"}, product(4)])
    assert paid(world) == ["Product 1 turns", "Product 4 turns"]
    assert states(world) == ["Refused", "Refused", "Started", "Started"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"callback_url": CALLBACK},
        {"callback_url": CALLBACK, "products": []},
        {"callback_url": CALLBACK, "products": "MUG-1"},
        {"callback_url": CALLBACK, "products": {"sku": "MUG-1"}},
        {"callback_url": CALLBACK, "products": [product(n) for n in range(51)]},
        {"callback_url": "", "products": [product(1)]},
        {"callback_url": "ftp://x", "products": [product(1)]},
        {"products": [product(1)]},
    ],
)
def test_what_is_no_list_is_refused_with_words(world: World, body: dict[str, Any]) -> None:
    run = Run(blueprint("image-to-video"), world).start(body)
    assert run.response
    assert run.response.status == 422
    assert "Nothing was started or charged" in json.loads(run.response.body)["error"]
    assert not world.store
    assert not paid(world)


def test_the_mark_is_made_before_it_is_paid_for(world: World) -> None:
    def call(module: str, mapper: Any) -> None:
        if module == "http:MakeRequest":
            assert states(world) == ["Sending"]

    world.before_call = call
    run = posted(world, [product(1)])
    assert run.ran.count(SENDER) == 1
    assert states(world) == ["Started"]


@pytest.mark.parametrize("place", ["before", "after"])
def test_a_run_that_is_killed_while_sending_pays_nothing_twice(world: World, place: str) -> None:
    def kill(module: str, mapper: Any) -> None:
        if module == "http:MakeRequest":
            raise KilledError

    setattr(world, f"{place}_call", kill)
    with pytest.raises(KilledError):
        posted(world, [product(1), product(2)])
    setattr(world, f"{place}_call", lambda module, mapper: None)
    for _ in range(2):
        posted(world, [product(1), product(2)])
    sent = ["Product 1 turns"] if place == "after" else []
    assert paid(world) == [*sent, "Product 2 turns"]
    assert [row[3] for row in world.rows if row[0] == "SKU-1"] == ["Sending", "Sending"], "Shown, not silent."


@pytest.mark.parametrize(
    ("name", "again"),
    [
        ("What is known of it", 0),
        (MARK, 0),
        ("Is the mark still ours?", 0),
        ("Free it again", 0),
        (OUTCOME, 1),
        ("Say what came of it", 1),
    ],
)
def test_a_step_that_fails_once_loses_nothing_and_pays_nothing_twice(
    world: World, name: str, again: int
) -> None:
    failures = [name, "Is the mark still ours?"] if name == "Free it again" else [name]
    current = [""]

    def fail(module: str, mapper: Any) -> None:
        if current[0] in failures:
            failures.remove(current[0])
            raise ModuleError("The service is down.")

    def note(name: str) -> None:
        current[0] = name

    world.before_call = fail
    run = posted(world, [product(1)], before=note)
    assert not failures
    assert len(run.incomplete) == again
    run.resume()
    posted(world, [product(1)])
    jobs = 0 if name == "Free it again" else 1
    assert len(paid(world)) == jobs
    assert any(row[0] == "SKU-1" for row in world.rows), "What was not started is said."


OVERLAPS = [MARK, "Wait: five per minute", "Is the mark still ours?", SENDER, OUTCOME, "Say what came of it"]


@pytest.mark.heavy
@pytest.mark.parametrize("step", OVERLAPS)
def test_a_run_within_another_pays_nothing_twice(world: World, step: str) -> None:
    """Make takes lists one after the other (*Sequential processing*). With that off, this is what remains."""
    products = [product(1), product(2)]
    others: list[str] = []

    def before(name: str) -> None:
        if name == step and not others:
            others.append(name)
            posted(world, products)

    posted(world, products, before=before)
    assert others
    assert paid(world) == ["Product 1 turns", "Product 2 turns"]


@pytest.mark.parametrize("state", [None, "Not started", "Refused"])
def test_of_two_runs_that_mark_a_product_at_once_one_pays(world: World, state: str | None) -> None:
    if state:
        world.sandbox.inject(Fault.NO_CREDITS)
        posted(world, [product(1)])
        next(iter(world.store.values()))["state"] = state
    steps = {name: threading.Barrier(2) for name in (MARK, "Wait: five per minute")}

    def run_one() -> None:
        waiting = dict(steps)

        def before(name: str) -> None:
            if name in waiting:  # both have found it free; both have marked it
                with suppress(threading.BrokenBarrierError):
                    waiting.pop(name).wait(1)

        posted(world, [product(1)], before=before)

    threads = [threading.Thread(target=run_one) for _ in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert paid(world) == ["Product 1 turns"]


STEPS = ["What is known of it", *OVERLAPS, "Mark that no answer came", "Say that no answer came"]
FAULTS = [Fault.TOO_MANY_REQUESTS, Fault.UNAVAILABLE, Fault.LOST_ANSWER, Fault.NO_CREDITS]


@pytest.mark.heavy
@pytest.mark.parametrize("seed", range(15))
def test_whatever_happens_a_product_is_paid_once_or_in_doubt_and_said(world: World, seed: int) -> None:
    """Runs that are killed at any step, runs within runs, refusals and lost answers, and repeated lines.

    Not tried, as it remains possible when Make's *Sequential processing* is off: a whole run between another
    one's reading and marking of a product that an earlier run had left free.
    """
    chance = random.Random(seed)
    products = [product(number) for number in range(chance.randint(1, 6))]
    for fault in chance.choices(FAULTS, k=4):
        world.sandbox.inject(fault)

    def troubled(depth: int) -> None:
        kills, overlaps = chance.choice(STEPS), chance.choice(OVERLAPS[1:])
        turns = chance.randint(1, 4)

        def before(name: str) -> None:
            nonlocal turns
            turns -= name in (kills, overlaps)
            if turns == 0 and name == kills:
                raise KilledError
            if turns == 0 and depth and name == overlaps:
                troubled(depth - 1)

        with suppress(KilledError):
            posted(world, chance.choices(products, k=len(products)), before=before).resume()

    for _ in range(3):
        troubled(1)
        world.sleep(chance.choice([0, 300]))
    for _ in range(3):
        posted(world, products).resume()
        world.sleep(300)
    assert len(set(paid(world))) == len(paid(world)), "Nothing is paid for twice."
    for each in products:
        (record,) = [kept for kept in world.store.values() if kept["sku"] == each["sku"]]
        notes = [row for row in world.rows if row[0] == each["sku"]]
        if record["state"] == "Started":
            assert each["prompt"] in paid(world)
        else:
            assert record["state"] in ("Sending", "Unknown")
            assert "check your CreativeAI dashboard" in notes[-1][4]
