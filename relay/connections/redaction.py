"""What may be shown of a connection: its options without the secrets, and which of those are kept."""

from collections.abc import Sequence
from typing import Any

from relay.connections.loader import LoadedConnection, readable
from relay.validation import secret_fields


def plain_options(entry: LoadedConnection) -> dict[str, Any]:
    """As they count, or as they were entered where they do not fit; never a secret."""
    if entry.options is None:
        return readable(entry.stored.options) if entry.stored else {}
    secret = secret_fields(type(entry.options))
    given = ((field, getattr(entry.options, field)) for field in type(entry.options).model_fields)
    return {field: value for field, value in given if field not in secret and value is not None}


def kept_secrets(entry: LoadedConnection) -> Sequence[str]:
    """Their names."""
    if entry.options is None:
        return entry.stored.sealed_fields if entry.stored else ()
    return [name for name in secret_fields(type(entry.options)) if getattr(entry.options, name) is not None]
