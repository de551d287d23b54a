"""What a result is called in rows and records: our fields, in the order they are shown, and their values.

Airtable and Sheets write these under the column names that a connection's `columns` option gives them.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator

from relay.models.core import Result

Value = str | float

# Field -> the column it goes to unless the connection says otherwise. The first is the key.
DEFAULT_COLUMNS: Mapping[str, str] = {
    "generation_id": "Generation ID",
    "status": "Status",
    "kind": "Kind",
    "prompt": "Prompt",
    "link": "Link",
    "links": "All links",
    "links_end": "Links end",
    "error": "Error",
    "model": "Model",
    "credits": "Credits",
    "completed": "Completed",
}
KEY = "generation_id"
CONTEXT = "context."  # `context.sku`: what the job knew under that name


def row(result: Result, context: Mapping[str, Any]) -> dict[str, Value]:
    """Every field's value; "" where there is none, so that a later status clears outdated values.

    Times are ISO 8601 in UTC. Context entries are `context.<name>`.
    """
    first = result.outputs[0] if result.outputs else None
    ends_at = result.ends_at(first) if first else None
    fields: dict[str, Value] = {
        "generation_id": result.generation_id,
        "status": str(result.status),
        "kind": result.kind,
        "prompt": result.prompt,
        "link": first.link if first else "",
        "links": "\n".join(output.link for output in result.outputs),
        "links_end": _iso(ends_at),
        "error": result.error,
        "model": result.model_actual or result.model,
        "credits": "" if result.credits is None else result.credits,
        "completed": result.completed_at,
    }
    return fields | {f"{CONTEXT}{name}": _plain(value) for name, value in context.items()}


def mapped(columns: Mapping[str, str], result: Result, context: Mapping[str, Any]) -> dict[str, Value]:
    """Column -> value, for the fields that `columns` names. An unknown field is empty."""
    values = row(result, context)
    return {column: values.get(field, "") for field, column in columns.items()}


def _plain(value: object) -> Value:
    if isinstance(value, bool) or value is None:
        return "" if value is None else str(value).lower()
    return value if isinstance(value, (int, float)) else str(value)


def _iso(ms: int | None) -> str:
    return "" if ms is None else f"{datetime.fromtimestamp(ms / 1000, UTC):%Y-%m-%dT%H:%M:%SZ}"


def _read(value: object) -> object:
    """`field=column, field=column`, as the environment has it, or a line for each, as a form has it.

    A name without `=` keeps its default.
    """
    if not isinstance(value, str):
        return value
    between = "\n" if "\n" in value.strip() else ","
    pairs = [word.partition("=") for word in value.split(between) if word.strip()]
    return {
        field.strip(): column.strip() or DEFAULT_COLUMNS.get(field.strip(), "") for field, _, column in pairs
    }


def _check(columns: dict[str, str]) -> dict[str, str]:
    for field, column in _faults(columns):
        raise ValueError(f"{field or 'an empty name'}: {column}")
    return {KEY: columns.get(KEY, DEFAULT_COLUMNS[KEY])} | columns


def _faults(columns: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    known = ", ".join(DEFAULT_COLUMNS)
    for field, column in columns.items():
        of_context = field.startswith(CONTEXT) and field != CONTEXT
        if field not in DEFAULT_COLUMNS and not of_context:
            yield field, f"is not a field; there are {known} and {CONTEXT}<name>"
        if not column:
            yield field, "names no column; write field=Column"
    if len(set(columns.values())) < len(columns):
        yield "columns", "two fields go to one column"


Columns = Annotated[dict[str, str], BeforeValidator(_read), AfterValidator(_check)]
"""Which field goes to which column, the key's first."""
