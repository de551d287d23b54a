"""A scenario while it is put together: modules get their numbers, their places and their error handlers."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

Json = dict[str, Any]
STEP, ROW = 300, 300

# "Store incomplete executions" for Break, "Process in order" since checking and adding are two steps.
_SETTINGS = {
    "roundtrips": 1,
    "maxErrors": 3,
    "autoCommit": True,
    "autoCommitTriggerLast": True,
    "sequential": True,
    "slots": None,
    "confidential": False,
    "dataloss": False,
    "dlq": True,
    "freshVariables": False,
}
_HANDLERS: Mapping[str, Json] = {
    "again": {
        "name": "Retry in 15 minutes",
        "module": "builtin:Break",
        "mapper": {"retry": True, "count": "3", "interval": "15"},
    },
    "ignored": {"name": "Continue with the next", "module": "builtin:Ignore", "mapper": {}},
}


class Scenario:
    """Branches are flows of modules, left to right. The first starts it, the others are routes."""

    def __init__(self, slug: str) -> None:
        self.slug = slug
        self._flow: list[Json] = []
        self._notes: list[Json] = []
        self._count = 0

    @property
    def main(self) -> "Branch":
        return Branch(self, self._flow, 0, 0)

    def number(self) -> int:
        self._count += 1
        return self._count

    def note(self, module: int, text: str) -> None:
        """What to decide at this module."""
        self._notes.append(
            {
                "moduleIds": [module],
                "content": f"<p>{text}</p>",
                "isFilterNote": False,
                "metadata": {"color": "#9138FE"},
            }
        )

    def blueprint(self, name: str, description: str) -> Json:
        return {
            "name": name,
            "description": description,
            "flow": self._flow,
            "metadata": {
                "version": 1,
                "instant": True,
                "scenario": _SETTINGS,
                "designer": {"orphans": []},
                "notes": self._notes,
            },
        }


class Branch:
    def __init__(self, scenario: Scenario, flow: list[Json], column: int, row: int) -> None:
        self._scenario, self._flow, self._column, self._row = scenario, flow, column, row

    def put(
        self,
        name: str,
        module: Mapping[str, Any],
        *,
        only: Mapping[str, Any] | None = None,
        note: str = "",
        failing: Literal["", "again", "ignored"] = "",
    ) -> int:
        """Its number. `only` filters its input; `failing`: retried three times, or ignored."""
        number = self._scenario.number()
        made = {"id": number, **module, "metadata": {"designer": {**self._place(), "name": name}}}
        if only:
            made["filter"] = dict(only)
        self._flow.append(made)
        if failing:
            made["onerror"] = [self._handler(_HANDLERS[failing])]
        if note:
            self._scenario.note(number, note)
        self._column += 1
        return number

    def split(self, routes: int) -> Sequence["Branch"]:
        """Routes, one under the other; nothing follows them in this branch."""
        number = self._scenario.number()
        branches: list[Json] = [{"flow": []} for _ in range(routes)]
        self._flow.append(
            {
                "id": number,
                "module": "builtin:BasicRouter",
                "version": 1,
                "mapper": None,
                "metadata": {"designer": self._place()},
                "routes": branches,
            }
        )
        return [
            Branch(self._scenario, branch["flow"], self._column + 1, self._row + 2 * place)
            for place, branch in enumerate(branches)
        ]

    def _place(self) -> dict[str, int]:
        return {"x": self._column * STEP, "y": self._row * ROW}

    def _handler(self, directive: Mapping[str, Any]) -> Json:
        place = {"x": self._column * STEP, "y": self._row * ROW + ROW}
        name = directive["name"]
        made = {each: value for each, value in directive.items() if each != "name"}
        return {
            "id": self._scenario.number(),
            **made,
            "version": 1,
            "parameters": {},
            "metadata": {"designer": {**place, "name": name}},
        }
