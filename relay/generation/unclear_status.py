"""What happens when CreativeAI says something of a running job that the relay cannot act on. Pure.

It is asked again for some minutes: a file may be named late, and a strange word may be a step on the way.
Then a person is told, with the word and the file, while the polls go on: what comes late still counts.
"""

from collections.abc import Sequence

from relay.models.core import ResultStatus, UnclearStatus

PATIENCE_MS = 600_000
AGAIN = 30.0  # seconds between polls until then, at most
_NAMED = 3  # how many are named in a sentence

_NEXT = (
    "CreativeAI may have charged it. The relay keeps asking, and what comes late is delivered. "
    "Or check at CreativeAI, then refresh, retry or cancel the job."
)
_UNPOLLED = (
    "CreativeAI may have charged it. The relay has no API key, so it cannot ask; a webhook that names the "
    "file later is delivered. Check at CreativeAI, then cancel the job; or set CREATIVEAI_API_KEY, and the "
    "relay asks."
)


def wait(scheduled: float | None, unclear_for: int) -> float | None:
    """Seconds to the next poll, None: no more. `unclear_for` is in ms."""
    if unclear_for >= PATIENCE_MS:
        return scheduled
    return AGAIN if scheduled is None else min(scheduled, AGAIN)


def hold_reason(unclear: Sequence[UnclearStatus], unclear_for: int) -> str:
    """What a person is told; "" while it is too early for that. A file is worth telling at once."""
    telling = unclear if unclear_for >= PATIENCE_MS else [each for each in unclear if each.links]
    return f"{describe(telling)} {_NEXT}" if telling else ""


def explain_unpolled(unclear: Sequence[UnclearStatus]) -> str:
    """The same where there is no API key to ask with, so that a person is told at once."""
    return f"{describe(unclear)} {_UNPOLLED}"


def describe(unclear: Sequence[UnclearStatus]) -> str:
    """A sentence for each of the first, and how many more there are."""
    sentences = [_sentence(each) for each in unclear[:_NAMED]]
    more = len(unclear) - _NAMED
    return " ".join([*sentences, f"The same holds for {more} more."] if more > 0 else sentences)


def _sentence(each: UnclearStatus) -> str:
    which = f" for {each.generation_id}" if each.vendor_batch_id else ""
    file = f" Its file: {' '.join(each.links)}" if each.links else ""
    if each.of_batch and each.word in (ResultStatus.COMPLETED, ResultStatus.FAILED):
        return f"CreativeAI says {each.word}{which} but does not name each of its videos.{file}"
    if each.word == ResultStatus.COMPLETED and not each.links:
        return f"CreativeAI says completed{which} but names no file."
    if not each.word:
        return f"CreativeAI reports no status{which}.{file}"
    return f'CreativeAI reports the status "{each.word}"{which}, which the relay does not know.{file}'
