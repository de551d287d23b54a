"""Amounts of credits for people."""


def credits_of(amount: float) -> str:
    """ "1 credit", "2.5 credits"."""
    return f"{amount:g} {'credit' if amount == 1 else 'credits'}"
