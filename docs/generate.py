"""Writes the tables in docs/ that are made from the code: `python -m docs.generate`.

A table is between `<!-- table NAME -->` and `<!-- end -->`. NAME is a kind of connection, the class of the
settings whose own fields the table lists, or `endpoints`. `<!-- needs KIND -->` holds what a connector does
and needs. A test compares what is committed with what this writes.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

import connectors
from relay.config.archive import ArchiveSettings
from relay.config.limits import LimitSettings
from relay.config.settings import Settings
from relay.creativeai import Endpoint, called_by, endpoints
from relay.generation.kinds import kinds

DOCS = Path(__file__).parent
PAGES = ("settings.md", "connections.md", "endpoints.md")
_SETTINGS_HEAD = ("name", "meaning", "default")
_ENDPOINTS_HEAD = ("Endpoint", "Client", "Kinds")
_SETTINGS: tuple[type[BaseModel], ...] = (Settings, ArchiveSettings, LimitSettings)
_FILTERS = (
    (
        "STATUSES",
        "Which results the connection gets: `processing`, `completed`, `failed`, separated by commas.",
    ),
    ("KINDS", "Which types of result it gets: `video`, `image`, `voice` and so on. Unset: all types."),
)
_GENERATED = re.compile(r"(<!-- ((?:table|needs) \w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def page(name: str) -> str:
    """The page as it should be: as it is, its tables written anew. Raises KeyError for an unknown table."""
    parts = _parts()
    text = (DOCS / name).read_text(encoding="utf-8")
    return _GENERATED.sub(lambda found: f"{found[1]}{parts[found[2]]}{found[3]}", text)


def _parts() -> dict[str, str]:
    settings = {
        f"table {model.__name__}": _table(_SETTINGS_HEAD, _settings_rows(model)) for model in _SETTINGS
    }
    options = {f"table {kind}": _table(_SETTINGS_HEAD, _connection_rows(kind)) for kind in connectors.kinds()}
    needs = {f"needs {kind}": _needs(kind) for kind in connectors.kinds()}
    return settings | options | needs | {"table endpoints": _table(_ENDPOINTS_HEAD, _endpoint_rows())}


def _needs(kind: str) -> str:
    found = connectors.connector(kind)
    return "".join(f"{line}\n" for line in (found.summary, "", *(f"- {need}" for need in found.needs)))


def _table(head: tuple[str, str, str], rows: Iterable[tuple[str, str, str]]) -> str:
    lines = [head, ("---", "---", "---"), *rows]
    return "".join(f"| {' | '.join(cells)} |".replace("|  |", "| |") + "\n" for cells in lines)


def _settings_rows(model: type[BaseModel]) -> Iterator[tuple[str, str, str]]:
    inherited = {name for base in model.__bases__ for name in getattr(base, "model_fields", {})}
    for name, field in model.model_fields.items():
        if name not in inherited:
            yield f"`{name.upper()}`", _meaning(field), _default(field)


def _connection_rows(kind: str) -> Iterator[tuple[str, str, str]]:
    for name, field in connectors.connector(kind).Options.model_fields.items():
        default = "required" if field.is_required() else _default(field)
        yield f"`{kind.upper()}_{name.upper()}`", f"**{field.title}.** {_meaning(field)}", default
    for name, meaning in _FILTERS:
        yield f"`{kind.upper()}_{name}`", meaning, "completed, failed" if name == "STATUSES" else "all"


def _endpoint_rows() -> Iterator[tuple[str, str, str]]:
    methods = called_by()
    for endpoint in vars(endpoints).values():
        if isinstance(endpoint, Endpoint):
            owner, _, method = methods[endpoint].partition(".")
            names = ", ".join(f"`{kind.name}`" for kind in kinds() if kind.endpoint == endpoint)
            yield f"`{endpoint.method} {endpoint.path}`", f"`{owner.lower()}.{method}`", names


def _meaning(field: FieldInfo) -> str:
    examples = [f"`{example}`" for example in (field.examples or ())]
    parts = [
        (field.description or "").replace("|", "\\|").replace("<", "&lt;"),
        f"Example: {', '.join(examples)}." if examples else "",
    ]
    return " ".join(filter(None, parts))


def _default(field: FieldInfo) -> str:
    value: Any = field.get_default(call_default_factory=True, validated_data={})
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    if isinstance(value, Mapping):
        value = ", ".join(value)
    return "" if value in (None, "", [], PydanticUndefined) else f"`{value}`"


def main() -> None:
    for name in PAGES:
        (DOCS / name).write_text(page(name), encoding="utf-8")


if __name__ == "__main__":
    main()
