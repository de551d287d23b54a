"""The named statements as Postgres takes them: `$1`, `$2` instead of `:name`."""

import re
from pathlib import Path
from typing import NamedTuple

from relay.store.sql.database import Params
from relay.store.sql.statements import FILES, load

_PARAMETER = re.compile(r"'[^']*'|::|:(\w+)")  # a quoted text and a cast stay as they are


class Statement(NamedTuple):
    """`names`: of the parameters, $1 first."""

    text: str
    names: tuple[str, ...]

    def values(self, params: Params) -> list[object]:
        return [params[name] for name in self.names]


def numbered(text: str) -> Statement:
    numbers: dict[str, int] = {}

    def number(match: re.Match[str]) -> str:
        name = match[1]
        if not name:
            return match[0]
        return f"${numbers.setdefault(name, len(numbers) + 1)}"

    return Statement(_PARAMETER.sub(number, text), tuple(numbers))


# The portable ones, and those for which every engine has words of its own.
ALL_STATEMENTS = {
    name: numbered(text)
    for name, text in load(*FILES, Path(__file__).with_name("job_search.sql"), locks=True).items()
}
