"""What may be shown of a connection: its options without the secrets, and the names of those."""

from collections.abc import Sequence
from typing import Any

from relay.connections.contract import ConnectionView
from relay.connections.loader import LoadedConnection, readable
from relay.validation import secret_fields


def view(loaded: LoadedConnection, *, hides: bool = False) -> ConnectionView:
    return ConnectionView(
        name=loaded.name,
        kind=loaded.kind,
        state=loaded.state,
        fault=loaded.fault,
        statuses=loaded.filters.statuses,
        kinds=loaded.filters.kinds,
        options=_plain_options(loaded),
        secrets=_stored_secrets(loaded),
        revision=loaded.stored.revision if loaded.stored else None,
        hides=hides,
        deliveries_per_second=(
            loaded.destination.connection.calls_per_second if loaded.destination else None
        ),
    )


def _plain_options(loaded: LoadedConnection) -> dict[str, Any]:
    """Those in use, or as they were entered where they are not valid; never a secret."""
    if loaded.options is None:
        return readable(loaded.stored.options) if loaded.stored else {}
    secret = secret_fields(type(loaded.options))
    given = ((field, getattr(loaded.options, field)) for field in type(loaded.options).model_fields)
    return {field: value for field, value in given if field not in secret and value is not None}


def _stored_secrets(loaded: LoadedConnection) -> Sequence[str]:
    if loaded.options is None:
        return loaded.stored.sealed_fields if loaded.stored else ()
    return [name for name in secret_fields(type(loaded.options)) if getattr(loaded.options, name) is not None]
