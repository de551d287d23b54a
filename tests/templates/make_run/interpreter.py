"""Runs a blueprint: module after module, bundle after bundle, with routes, loops and error handlers.

Each bundle goes through the rest of the flow before the next one does, and routes are taken in their order.
`Break` keeps what failed; `Run.resume` runs it, as Make does after its interval or a person does by hand.
"""

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

from tests.templates.make_run.expressions import Bundles, evaluate
from tests.templates.make_run.filters import passes

Json = dict[str, Any]
_executions = itertools.count(1)
_LOOPS = ("builtin:BasicFeeder", "builtin:BasicRepeater")


class ModuleError(Exception):
    """A module failed, with words for a person."""


class KilledError(Exception):
    """The execution ends here, as when Make stops it."""


class Services(Protocol):
    """What lies outside of the scenario."""

    def now(self) -> float: ...
    def call(self, module: str, parameters: Mapping[str, Any], mapper: Mapping[str, Any]) -> Any:
        """The bundle that comes out. Raises ModuleError."""


@dataclass
class Response:
    status: int
    body: str


@dataclass
class Run:
    """One execution. `response` is what the caller of the webhook got; `incomplete` waits for `resume`."""

    blueprint: Json
    services: Services
    before: Callable[[str], None] = lambda name: None
    response: Response | None = None
    incomplete: list[Callable[[], None]] = field(default_factory=list)
    ran: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._id = f"execution-{next(_executions)}"

    def start(self, bundle: Any = None) -> "Run":
        flow = self.blueprint["flow"]
        if flow[0]["module"] == "gateway:CustomWebHook":
            self._flow(flow, 1, {flow[0]["id"]: bundle})
        else:
            self._flow(flow, 0, {})
        return self

    def resume(self) -> None:
        waiting, self.incomplete = self.incomplete, []
        for each in waiting:
            each()

    def _value(self, text: Any, bundles: Bundles) -> Any:
        now = self.services.now()
        names = {"now": datetime.fromtimestamp(now, UTC), "timestamp": int(now), "executionId": self._id}
        return evaluate(text, bundles, names)

    def _passes(self, module: Json, bundles: Bundles) -> bool:
        conditions = module.get("filter", {}).get("conditions")
        return not conditions or passes(conditions, lambda text: self._value(text, bundles))

    def _flow(self, flow: Sequence[Json], at: int, bundles: Bundles) -> None:
        if at == len(flow) or flow[at]["module"] == "builtin:Ignore":
            return
        module = flow[at]
        if not self._passes(module, bundles):
            return
        if module["module"] == "builtin:BasicRouter":
            self._router(module, bundles)
        elif module["module"] in _LOOPS:
            self._loop(flow, at, bundles)
        else:
            self._step(flow, at, bundles)

    def _router(self, module: Json, bundles: Bundles) -> None:
        """Each route whose filter lets the bundle through; the fallback when there is none."""
        fallback = module["parameters"].get("else")
        flows = [each["flow"] for place, each in enumerate(module["routes"]) if place != fallback]
        taken = [flow for flow in flows if self._passes(flow[0], bundles)]
        for flow in taken:
            self._flow(flow, 0, bundles)
        if fallback is not None and not taken:
            self._flow(module["routes"][fallback]["flow"], 0, bundles)

    def _step(self, flow: Sequence[Json], at: int, bundles: Bundles) -> None:
        module = flow[at]
        try:
            out = self._out(module, bundles)
        except ModuleError as error:
            self._failed(flow, at, bundles, error)
            return
        self._flow(flow, at + 1, {**bundles, module["id"]: out})

    def _out(self, module: Json, bundles: Bundles) -> Any:
        name = module["metadata"]["designer"]["name"]
        self.before(name)
        self.ran.append(name)
        mapper = self._value(module["mapper"], bundles)
        if module["module"] == "util:SetVariables":
            return {each["name"]: each.get("value") for each in mapper["variables"]}
        if module["module"] == "gateway:WebhookRespond":
            self.response = self.response or Response(int(mapper["status"]), mapper["body"])
            return {}
        return self.services.call(module["module"], module["parameters"], mapper)

    def _loop(self, flow: Sequence[Json], at: int, bundles: Bundles) -> None:
        """Up to the aggregator that belongs to it, if there is one, and then once through the rest."""
        feeder = flow[at]["id"]
        ends = (
            place
            for place, each in enumerate(flow)
            if each["module"] == "util:TextAggregator" and each["parameters"]["feeder"] == feeder
        )
        end = next(ends, None)
        if end is None:
            for item in self._items(flow[at], bundles):
                self._flow(flow, at + 1, {**bundles, feeder: item})
            return
        collected: list[str] = []
        for item in self._items(flow[at], bundles):
            self._collect(flow[at + 1 : end + 1], {**bundles, feeder: item}, collected)
        self._flow(flow, end + 1, {**bundles, flow[end]["id"]: {"text": "\n".join(collected)}})

    def _collect(self, flow: Sequence[Json], bundles: Bundles, collected: list[str]) -> None:
        *modules, last = flow
        for module in modules:
            if not self._passes(module, bundles):
                return
            bundles = {**bundles, module["id"]: self._out(module, bundles)}
        collected.append(self._value(last["mapper"]["value"], bundles))

    def _items(self, module: Json, bundles: Bundles) -> Iterator[Any]:
        mapper = self._value(module["mapper"], bundles)
        if module["module"] == "builtin:BasicRepeater":
            start, step = int(mapper["start"]), int(mapper["step"])
            yield from ({"i": start + step * turn} for turn in range(int(mapper["repeats"])))
            return
        assert isinstance(mapper["array"], list), f"Make iterates over arrays only: {mapper['array']!r}"
        for place, item in enumerate(mapper["array"], 1):
            yield {**(item if isinstance(item, dict) else {"value": item}), "__IMTINDEX__": place}

    def _failed(self, flow: Sequence[Json], at: int, bundles: Bundles, error: ModuleError) -> None:
        module = flow[at]
        if "onerror" not in module:
            raise AssertionError(f"Unhandled, so Make switches the scenario off: {error}") from error
        *steps, directive = module["onerror"]
        known = {**bundles, module["id"]: {"error": {"message": str(error)}}}
        for place, step in enumerate(steps):
            try:
                known = {**known, step["id"]: self._out(step, known)}
            except ModuleError as second:
                self._failed(module["onerror"], place, known, second)
                return
        if directive["module"] == "builtin:Break":
            self.incomplete.append(lambda: self._flow(flow, at, bundles))
        else:
            assert directive["module"] == "builtin:Ignore", directive["module"]
