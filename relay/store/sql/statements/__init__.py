"""Loads the named statements: `-- name: words` begins one, then comes a sentence, then its text.

A line `-- lock: words` is the end of the text where several may write at the same time: which rows it locks.

They are portable SQL: `:name` parameters, keys made by us, `on conflict`, `returning`; a parameter whose type
the text does not show is cast. Writing statements run inside a transaction that the engine began for writing.
"""

import re
from pathlib import Path
from typing import NamedTuple

_LOCK = "-- lock:"
_NAME = re.compile(r"^-- name: (\w+)\s*$", re.MULTILINE)


class Statement(NamedTuple):
    """`sentence` is for the reader of the file, `text` for the database, `lock` for one with many writers."""

    sentence: str
    text: str
    lock: str = ""


def read(path: Path) -> dict[str, Statement]:
    parts = _NAME.split(path.read_text(encoding="utf-8"))
    names, bodies = parts[1::2], parts[2::2]
    if len(set(names)) != len(names):
        raise ValueError(f"{path.name} names a statement twice")
    return {name: _statement(body.strip()) for name, body in zip(names, bodies, strict=True)}


def load(*paths: Path, locks: bool = False) -> dict[str, str]:
    """Name -> text, with its `lock` where that is wanted."""
    found: dict[str, str] = {}
    for path in paths:
        for name, statement in read(path).items():
            if name in found:
                raise ValueError(f"{path.name} names {name} again")
            found[name] = f"{statement.text}\n{statement.lock}".strip() if locks else statement.text
    return found


def _statement(body: str) -> Statement:
    lines = body.splitlines()
    lock = [line.removeprefix(_LOCK).strip() for line in lines if line.startswith(_LOCK)]
    said = (line for line in lines if line.startswith("--") and not line.startswith(_LOCK))
    text = [line for line in lines if not line.startswith("--")]
    sentence = " ".join(line.removeprefix("--").strip() for line in said)
    return Statement(sentence, "\n".join(text).strip().rstrip(";"), " ".join(lock))


FILES = sorted(Path(__file__).parent.glob("*.sql"))
