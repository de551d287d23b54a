"""Whether a table has the columns that a connection writes, each of a type that takes the value.

https://airtable.com/developers/web/api/field-model and, for the column to merge on,
https://airtable.com/developers/web/api/update-multiple-records
"""

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from connectors.columns import KEY

ATTACHMENTS = "multipleAttachments"
_LINE, _LONG, _URL, _DATE, _NUMBER = "singleLineText", "multilineText", "url", "dateTime", "number"
_WORDS = (_LINE, _LONG, "richText")
_TAKES: Mapping[str, tuple[str, ...]] = {
    # The first is the type to create. What is merged on must not be an address, a formula or the like.
    KEY: (_LINE, _LONG, "singleSelect"),
    "status": ("singleSelect", *_WORDS),
    "kind": ("singleSelect", *_WORDS),
    "prompt": (_LONG, _LINE, "richText"),
    "link": (_URL, *_WORDS),
    "links": (_LONG, _LINE, "richText"),
    "links_end": (_DATE, "date", *_WORDS),
    "error": (_LONG, _LINE, "richText"),
    "model": (_LINE, _LONG, "richText", "singleSelect"),
    "credits": (_NUMBER, "currency", "percent", *_WORDS),
    "completed": (_DATE, "date", *_WORDS),
}
_OF_CONTEXT = (_LINE, _LONG)  # the types to create; any that can be written is taken
_NEVER = (  # computed by Airtable, or no place for a text or number
    *(ATTACHMENTS, "formula", "rollup", "count", "multipleLookupValues", "autoNumber", "button", "aiText"),
    *("createdTime", "lastModifiedTime", "createdBy", "lastModifiedBy", "externalSyncSource"),
)
_NAMES = {
    _LINE: "Single line text",
    _LONG: "Long text",
    "richText": "Long text with formatting",
    "singleSelect": "Single select",
    _URL: "URL",
    _DATE: "Date with time",
    "date": "Date",
    _NUMBER: "Number",
    "currency": "Currency",
    "percent": "Percent",
    ATTACHMENTS: "Attachment",
}

Described = Mapping[str, Any]


def named(described: Sequence[Described], name: str) -> Described | None:
    """The table or column with this id or name."""
    return next((each for each in described if name in (each.get("id"), each.get("name"))), None)


def meant(described: Sequence[Described], name: str) -> str:
    """A question that helps against a slip of the pen, or nothing."""
    names = {str(each.get("name")).strip().casefold(): str(each.get("name")) for each in described}
    near = get_close_matches(name.strip().casefold(), names, n=1, cutoff=0.75)
    return f' Did you mean "{names[near[0]]}"?' if near else ""


def faults(there: Sequence[Described], columns: Mapping[str, str], attachments: str) -> Iterator[str]:
    """One sentence for each column that is missing or cannot take its value. `there` as Airtable has it."""
    wanted = [(field, column, _TAKES.get(field, ())) for field, column in columns.items()]
    wanted += [("files", attachments, (ATTACHMENTS,))] if attachments else []
    for field, column, takes in wanted:
        found = named(there, column)
        to_create = _said((takes or _OF_CONTEXT)[0])
        if found is None:
            yield f'There is no column "{column}": create it with the type {to_create}.{meant(there, column)}'
        elif not _fits(str(found.get("type")), takes):
            yield (
                f'The column "{column}" has the type {_said(str(found.get("type")))}, which does not take '
                f"{field}: change it to {to_create}, or choose another column."
            )


def _fits(kind: str, takes: Sequence[str]) -> bool:
    return kind in takes if takes else kind not in _NEVER


def _said(kind: str) -> str:
    return _NAMES.get(kind, kind)
