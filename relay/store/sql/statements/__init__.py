"""Loads the named statements: `-- name: words` begins one, the lines up to the next name are its text."""

import re
from pathlib import Path

_NAME = re.compile(r"^-- name: (\w+)\s*$", re.MULTILINE)


def load(path: Path) -> dict[str, str]:
    parts = _NAME.split(path.read_text(encoding="utf-8"))
    names, texts = parts[1::2], parts[2::2]
    if len(set(names)) != len(names):
        raise ValueError(f"{path.name} names a statement twice")
    return {name: text.strip().rstrip(";") for name, text in zip(names, texts, strict=True)}


_FILES = (
    "core.sql",
    "jobs.sql",
    "api.sql",
    "admin.sql",
    "share_links.sql",
)
STATEMENTS = {name: text for file in _FILES for name, text in load(Path(__file__).with_name(file)).items()}
