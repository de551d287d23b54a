"""Loads the named statements: `-- name: words` begins one, then comes a sentence, then its text.

They are portable SQL: `:name` parameters, keys made by us, `on conflict`, `returning`; a parameter whose type
the text does not show is cast. Writing statements run inside a transaction that the engine began for writing.
"""

import re
from pathlib import Path
from typing import NamedTuple

_NAME = re.compile(r"^-- name: (\w+)\s*$", re.MULTILINE)


class Statement(NamedTuple):
    """`sentence` is for the reader of the file, `text` for the database."""

    sentence: str
    text: str


def read(path: Path) -> dict[str, Statement]:
    parts = _NAME.split(path.read_text(encoding="utf-8"))
    names, bodies = parts[1::2], parts[2::2]
    if len(set(names)) != len(names):
        raise ValueError(f"{path.name} names a statement twice")
    return {name: _statement(body.strip()) for name, body in zip(names, bodies, strict=True)}


def load(*paths: Path) -> dict[str, str]:
    """Name -> text."""
    found: dict[str, str] = {}
    for path in paths:
        for name, statement in read(path).items():
            if name in found:
                raise ValueError(f"{path.name} names {name} again")
            found[name] = statement.text
    return found


def _statement(body: str) -> Statement:
    lines = body.splitlines()
    sentence = [line.removeprefix("--").strip() for line in lines if line.startswith("--")]
    text = [line for line in lines if not line.startswith("--")]
    return Statement(" ".join(sentence), "\n".join(text).strip().rstrip(";"))


FILES = sorted(Path(__file__).parent.glob("*.sql"))
