"""Context from the query string of the webhook's address (`?sku=MUG-1`), for generations made elsewhere.

CreativeAI returns nothing else of a request, but it calls the whole address.
"""

from urllib.parse import parse_qsl

from relay.intake.strict_json import storable

_MAX_NAMES, _LONGEST_NAME, _LONGEST_VALUE = 50, 64, 2000


def read(query: str) -> dict[str, str]:
    """Name -> value, the first of each name. Never raises: what cannot be read is left out."""
    try:
        pairs = parse_qsl(query, max_num_fields=_MAX_NAMES)
    except ValueError:
        return {}
    return {
        storable(name): storable(value)[:_LONGEST_VALUE]
        for name, value in reversed(pairs)
        if 0 < len(name) <= _LONGEST_NAME
    }
