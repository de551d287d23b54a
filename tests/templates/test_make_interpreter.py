"""Our interpreter of Make's flows: routes, loops, aggregators and error handlers, on small flows."""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.templates.make_run.interpreter import ModuleError, Run

Json = dict[str, Any]
IGNORE: Json = {"id": 90, "module": "builtin:Ignore", "mapper": {}}
BREAK: Json = {"id": 90, "module": "builtin:Break", "mapper": {}}


class Noted:
    """Notes the texts that its only module gets; `fails` of its calls fail first."""

    def __init__(self, fails: int = 0) -> None:
        self.texts: list[str] = []
        self.fails = fails

    def now(self) -> float:
        return 0

    def call(self, module: str, parameters: Mapping[str, Any], mapper: Mapping[str, Any]) -> Any:
        if self.fails:
            self.fails -= 1
            raise ModuleError("It is down.")
        self.texts.append(mapper["text"])
        return {"said": mapper["text"]}


def module(number: int, kind: str, mapper: Any, **more: Any) -> Json:
    place = {"designer": {"name": f"module {number}"}}
    return {"id": number, "module": kind, "parameters": {}, "mapper": mapper, "metadata": place, **more}


def say(number: int, text: str, **more: Any) -> Json:
    return module(number, "test:Say", {"text": text}, **more)


def only(a: str, b: str) -> Json:
    return {"name": "", "conditions": [[{"a": a, "o": "text:equal", "b": b}]]}


def run(*flow: Json, bundle: Any = None, fails: int = 0) -> tuple[Run, Noted]:
    noted = Noted(fails)
    start = module(1, "gateway:CustomWebHook", {})
    return Run({"flow": [start, *flow]}, noted).start(bundle or {}), noted


def router(number: int, *routes: Json, fallback: int | None = None) -> Json:
    made = module(number, "builtin:BasicRouter", None, routes=[{"flow": [each]} for each in routes])
    return made | {"parameters": {} if fallback is None else {"else": fallback}}


def test_a_module_reads_what_ran_before_it() -> None:
    _, noted = run(say(2, "a{{1.x}}"), say(3, "{{2.said}}!"), bundle={"x": 1})
    assert noted.texts == ["a1", "a1!"]


def test_a_filter_ends_its_flow() -> None:
    _, noted = run(say(2, "a"), say(3, "b", filter=only("{{1.x}}", "2")), say(4, "c"), bundle={"x": 1})
    assert noted.texts == ["a"]


@pytest.mark.parametrize(("x", "texts"), [("1", ["one"]), ("2", ["two"]), ("3", ["other"])])
def test_the_fallback_takes_what_no_other_route_takes(x: str, texts: list[str]) -> None:
    one, two = say(4, "one", filter=only("{{1.x}}", "1")), say(5, "two", filter=only("{{1.x}}", "2"))
    _, noted = run(router(2, say(3, "other"), one, two, fallback=0), bundle={"x": x})
    assert noted.texts == texts


def test_every_route_without_a_filter_is_taken() -> None:
    _, noted = run(router(2, say(3, "a"), say(4, "b")))
    assert noted.texts == ["a", "b"]


def test_a_loop_runs_the_rest_for_each_item_before_the_next() -> None:
    feeder = module(2, "builtin:BasicFeeder", {"array": "{{1.list}}"})
    items = {"list": [{"n": 7}, {"n": 8}]}
    _, noted = run(feeder, say(3, "n{{2.n}}"), say(4, "place {{2.`__IMTINDEX__`}}"), bundle=items)
    assert noted.texts == ["n7", "place 1", "n8", "place 2"]


def test_rounds_repeat_the_rest() -> None:
    repeater = module(2, "builtin:BasicRepeater", {"start": "1", "repeats": "{{1.n}}", "step": "1"})
    _, noted = run(repeater, say(3, "round {{2.i}}"), bundle={"n": 3})
    assert noted.texts == ["round 1", "round 2", "round 3"]


@pytest.mark.parametrize(("items", "text"), [([1, 2, 3], "n1\nn3"), ([2], ""), ([], "")])
def test_an_aggregator_is_one_bundle_of_all_that_passed(items: list[int], text: str) -> None:
    feeder = module(2, "builtin:BasicFeeder", {"array": "{{1.list}}"})
    odd = {"name": "", "conditions": [[{"a": "{{2.value}}", "o": "number:notequal", "b": "2"}]]}
    variables = module(
        3, "util:SetVariables", {"variables": [{"name": "n", "value": "{{2.value}}"}]}, filter=odd
    )
    lines = module(4, "util:TextAggregator", {"value": "n{{3.n}}"}) | {"parameters": {"feeder": 2}}
    _, noted = run(feeder, variables, lines, say(5, "[{{4.text}}]"), bundle={"list": items})
    assert noted.texts == [f"[{text}]"]


def test_break_keeps_what_failed_and_goes_on_from_there() -> None:
    made, noted = run(say(2, "a", onerror=[BREAK]), say(3, "b"), fails=1)
    assert not noted.texts
    made.resume()
    assert noted.texts == ["a", "b"]
    assert not made.incomplete


def test_ignore_drops_the_bundle_and_the_next_one_follows() -> None:
    feeder = module(2, "builtin:BasicFeeder", {"array": "{{1.list}}"})
    made, noted = run(feeder, say(3, "n{{2.value}}", onerror=[IGNORE]), bundle={"list": [1, 2]}, fails=1)
    assert noted.texts == ["n2"]
    assert not made.incomplete


def test_a_handler_knows_the_error() -> None:
    _, noted = run(say(2, "a", onerror=[say(3, "because: {{2.error.message}}"), IGNORE]), fails=1)
    assert noted.texts == ["because: It is down."]


def test_an_error_without_a_handler_fails_the_test_since_make_would_switch_the_scenario_off() -> None:
    with pytest.raises(AssertionError, match="switches the scenario off"):
        run(say(2, "a"), fails=1)


def test_only_the_first_answer_is_the_answer() -> None:
    first, second = (module(number, "gateway:WebhookRespond", {}) for number in (2, 3))
    made, _ = run(
        first | {"mapper": {"status": "202", "body": "a"}},
        second | {"mapper": {"status": "500", "body": "b"}},
    )
    assert made.response
    assert made.response.status == 202


def test_an_array_is_needed_for_a_loop() -> None:
    with pytest.raises(AssertionError, match="arrays only"):
        run(module(2, "builtin:BasicFeeder", {"array": "{{1.text}}"}), bundle={"text": "abc"})
