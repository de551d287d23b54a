"""The blueprints as they are handed out."""

import json
from typing import Any

from make.source.__main__ import ROOT


def blueprint(slug: str) -> dict[str, Any]:
    made: dict[str, Any] = json.loads((ROOT / slug / "blueprint.json").read_text(encoding="utf-8"))
    return made
