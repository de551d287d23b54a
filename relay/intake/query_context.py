"""What a caller wrote behind the webhook's address (`?sku=MUG-1`): context of a generation made elsewhere.

The vendor sends nothing back of what it was given, but it keeps the address whole.
"""

from urllib.parse import parse_qsl

from relay.intake.strict_json import storable

_MOST, _LONGEST_NAME, _LONGEST_VALUE = 50, 64, 2000


def read(query: str) -> dict[str, str]:
    """Name -> value, the first of each name. Never an error: what cannot be read is left out."""
    try:
        pairs = parse_qsl(query, max_num_fields=_MOST)
    except ValueError:
        return {}
    return {
        storable(name): storable(value)[:_LONGEST_VALUE]
        for name, value in reversed(pairs)
        if 0 < len(name) <= _LONGEST_NAME
    }
