"""Which fields of a form a share link decides: those it fixes, and every other name of the same thing."""

from collections.abc import Mapping

from relay.web.pages.create_form import PREFIX

# Each of a group says which product the result belongs to, and Shopify takes the first it finds.
_SAME_THING = (frozenset({f"{PREFIX}sku", f"{PREFIX}product_id", f"{PREFIX}handle"}),)


def decided_by(fixed: Mapping[str, str]) -> frozenset[str]:
    """Names of fields that the colleague is neither asked for nor can send."""
    others = (group for group in _SAME_THING if group & fixed.keys())
    return frozenset(fixed).union(*others)


def with_fixed(given: Mapping[str, str], fixed: Mapping[str, str]) -> dict[str, str]:
    """What the form holds: what the colleague entered, where the link leaves it open, and what is fixed."""
    decided = decided_by(fixed)
    return {name: value for name, value in given.items() if name not in decided} | dict(fixed)
