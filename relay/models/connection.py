"""How a check of a connection ended, as shown to users."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class CheckResult:
    """How a check, a test or a change of a connection went: a sentence, and where to see what was written.

    `written` is what `remove_test` needs to remove a test again; empty when nothing can be removed.
    """

    ok: bool
    message: str
    link: str = ""
    written: Mapping[str, str] = field(default_factory=dict)
