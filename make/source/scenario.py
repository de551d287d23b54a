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
    """Branches are flows of modules, left to right. The first starts it, the others are routes.

    `instant`: it starts with a webhook, else by its schedule.
    """

    def __init__(self, slug: str, *, instant: bool = True) -> None:
        self.slug = slug
        self.instant = instant
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
        self._notes.append(_note(module, f"<p>{text}</p>"))

    def blueprint(self, name: str, description: str, about: str) -> Json:
        """`about` is the note on the first module: what the whole scenario does, in HTML."""
        return {
            "name": name,
            "description": description,
            "flow": self._flow,
            "metadata": {
                "version": 1,
                "instant": self.instant,
                "scenario": _SETTINGS,
                "designer": {"orphans": []},
                "notes": [_note(self._flow[0]["id"], about), *self._notes],
            },
        }


def _note(module: int, content: str) -> Json:
    return {
        "moduleIds": [module],
        "content": content,
        "isFilterNote": False,
        "metadata": {"color": "#9138FE"},
    }


class Branch:
    """A flow that is being filled, and the place of its next module."""

    def __init__(
        self,
        scenario: Scenario,
        flow: list[Json],
        column: int,
        row: int,
        parent: "Branch | None" = None,
    ) -> None:
        self._scenario, self._flow, self._column, self._row = scenario, flow, column, row
        self._parent = parent

    def put(
        self,
        name: str,
        module: Mapping[str, Any],
        *,
        only: Mapping[str, Any] | None = None,
        note: str = "",
        failing: Literal["", "again", "ignored"] = "",
    ) -> int:
        """Its number. `only` filters its input; `failing`: retried three times, or ignored.

        With neither, an error switches the scenario off, unless `when_failing` says what follows.
        """
        number = self._scenario.number()
        made = {"id": number, **module, "metadata": {"designer": {**self._place(), "name": name}}}
        if only:
            made["filter"] = dict(only)
        self._flow.append(made)
        if failing:
            made["onerror"] = [self._directive(_HANDLERS[failing], self._row + 1)]
        if note:
            self._scenario.note(number, note)
        self._column += 1
        return number

    def when_failing(self) -> "Branch":
        """What follows an error of the module put last; `ignore` ends it."""
        handler: list[Json] = []
        self._flow[-1]["onerror"] = handler
        return Branch(self._scenario, handler, self._column - 1, self._row + 1, self)

    def ignore(self) -> None:
        """Ends the handling of an error: the next bundle follows. Its branch goes on right of all this."""
        self._flow.append(self._directive(_HANDLERS["ignored"], self._row))
        if self._parent:
            self._parent._column = self._column + 1  # noqa: SLF001 - of the same class

    def split(self, routes: int, *, fallback: int | None = None) -> Sequence["Branch"]:
        """Routes, one under the other; nothing follows them in this branch.

        `fallback` is the place of the route for what no other one takes.
        """
        number = self._scenario.number()
        branches: list[Json] = [{"flow": []} for _ in range(routes)]
        self._flow.append(
            {
                "id": number,
                "module": "builtin:BasicRouter",
                "version": 1,
                "parameters": {} if fallback is None else {"else": fallback},
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

    def _directive(self, directive: Mapping[str, Any], row: int) -> Json:
        made = {each: value for each, value in directive.items() if each != "name"}
        place = {"x": self._column * STEP, "y": row * ROW}
        return {
            "id": self._scenario.number(),
            **made,
            "version": 1,
            "parameters": {},
            "metadata": {"designer": {**place, "name": directive["name"]}},
        }
