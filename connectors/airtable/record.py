"""A result as the cells of an Airtable record, and its files as attachments.

https://airtable.com/developers/web/api/field-model
"""

import mimetypes
import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from connectors.columns import Value, mapped
from relay.models.core import Output, Result

_LONGEST = 100_000  # characters in a cell


def cells(columns: Mapping[str, str], result: Result, context: Mapping[str, Any]) -> dict[str, Value | None]:
    """Column -> value. Null clears a cell of any type; "" would be refused as a number or a date."""
    return {column: _cell(value) for column, value in mapped(columns, result, context).items()}


def files(result: Result) -> list[dict[str, str]]:
    """What an attachment column takes. Airtable fetches them later, from the open internet."""
    usable = [output for output in result.outputs if _is_address(output.link)]
    return [
        {"url": output.link, "filename": _name(result.generation_id, number, len(usable), output)}
        for number, output in enumerate(usable, start=1)
    ]


def _cell(value: Value) -> Value | None:
    return value[:_LONGEST] if isinstance(value, str) and value else None if value == "" else value


def _is_address(link: str) -> bool:
    """Airtable refuses the whole cell for one that is none."""
    try:
        parts = urlsplit(link)
    except ValueError:
        return False
    return parts.scheme in ("https", "http") and bool(parts.hostname)


def _name(generation_id: str, number: int, of: int, output: Output) -> str:
    """From the id, never from the address, which may hold anything."""
    of_link = PurePosixPath(re.split("[?#]", output.link)[0]).suffix
    of_type = mimetypes.guess_extension(output.type.partition(";")[0].strip()) or ""
    ending = of_link if re.fullmatch(r"\.[A-Za-z0-9]{1,5}", of_link) else of_type
    name = re.sub(r"[^A-Za-z0-9._-]", "_", generation_id)[:100]
    return f"{name}_{number}{ending}" if of > 1 else f"{name}{ending}"
