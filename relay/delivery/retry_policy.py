"""What happens after a delivery attempt: its retry policy. Pure: time and jitter are passed in."""

from dataclasses import dataclass, replace

from connectors.base import Done, NotYet
from relay.errors import FileComingError, FileError, RemoteError
from relay.models.connection import Pause
from relay.models.delivery import DeliveryStatus, Outcome
from relay.retry import next_try

PROBE = 3600  # seconds a paused connection waits before one more try, when nothing else is known
SLOWED = 30  # seconds of a hold after a 429 without Retry-After
LONGEST_HOLD = 24 * 3600  # seconds; no destination keeps its results from being tried for longer
RESTARTS = 30  # attempts of a delivery, of any outcome; later ones count although they progressed
LONGEST_PAUSE = 31 * 24 * 3600  # a quota that ends with the month


@dataclass(frozen=True, slots=True)
class Decision:
    """`due_at` None: settled. `counts`: counts against the retry schedule; `restarts`: the count is 0 again.

    `hold`: no call to that target before its end. A delivery that a hold or a pause keeps stays due, so that
    whatever ends them sends it.
    """

    outcome: Outcome
    status: DeliveryStatus
    message: str
    due_at: int | None = None
    counts: bool = False
    restarts: bool = False
    pause: Pause | None = None
    hold: Pause | None = None


def decide(
    ended: Done | NotYet | Exception, *, tries: int, now: int, jitter: float, progressed: bool = False
) -> Decision:
    """`tries` counted attempts came before this one; `jitter` is a number from 0 to 1; `now` in ms.

    `progressed`: the next attempt continues from a later step than this one did. Each call of a long delivery
    then has the whole retry schedule: else separate short failures would count as one that lasts.
    """
    if isinstance(ended, Done):
        return Decision(Outcome.DONE, DeliveryStatus.DELIVERED, ended.note)
    if isinstance(ended, NotYet):
        hold = _hold(ended.note, ended.after, now) if ended.holds else None
        due_at = now if hold else now + _ms(ended.after)
        return Decision(Outcome.NOT_YET, DeliveryStatus.PENDING, ended.note, due_at, hold=hold)
    if isinstance(ended, FileComingError):
        due_at = now + _ms(ended.retry_after or 0)
        return Decision(Outcome.NOT_YET, _waiting(tries), ended.message, due_at)
    if isinstance(ended, RemoteError):
        decision = _after_refusal(ended, tries=tries, now=now, jitter=jitter)
        if not (progressed and decision.counts):
            return decision
        return replace(_after_refusal(ended, tries=0, now=now, jitter=jitter), counts=False, restarts=True)
    message = f"The relay has an internal error ({type(ended).__name__}); the log has the details."
    return _again(message, tries=tries, now=now, jitter=jitter)


def _after_refusal(error: RemoteError, *, tries: int, now: int, jitter: float) -> Decision:
    if error.whose == "record":
        return Decision(Outcome.FAILED, DeliveryStatus.FAILED, error.message)
    if error.whose == "connection":
        pause = Pause(since=now, why=error.message, until=_pause_end(error, now))
        return Decision(Outcome.PAUSED, _waiting(tries), error.message, now, pause=pause)
    if isinstance(error, FileError):  # the CDN asked to wait, not the destination: only this file waits
        again = _again(error.message, tries=tries, now=now, jitter=jitter)
        earliest = now + _ms(error.retry_after or 0)
        return replace(again, due_at=again.due_at and max(again.due_at, earliest))
    is_limited = error.status == 429
    wait = SLOWED if is_limited and error.retry_after is None else error.retry_after
    hold = None if wait is None else _hold(error.message, wait, now)
    if is_limited:  # it has not failed, so no attempt is counted
        return Decision(Outcome.RETRY, DeliveryStatus.RETRYING, error.message, now, hold=hold)
    return _again(error.message, tries=tries, now=now, jitter=jitter, hold=hold)


def _hold(why: str, seconds: float, now: int) -> Pause:
    if seconds > LONGEST_HOLD:
        why = f"{why} It names a wait of more than a day; the relay tries again after a day."
    return Pause(since=now, why=why, until=now + _ms(seconds), held=True)


def _again(message: str, *, tries: int, now: int, jitter: float, hold: Pause | None = None) -> Decision:
    due_at = next_try(tries, now=now, jitter=jitter)
    if due_at is None:
        return Decision(
            Outcome.FAILED,
            DeliveryStatus.FAILED,
            f"{message} Given up after {tries + 1} attempts over three days. Fix the cause, then resend.",
            counts=True,
            hold=hold,
        )
    return Decision(Outcome.RETRY, DeliveryStatus.RETRYING, message, due_at, counts=True, hold=hold)


def _pause_end(error: RemoteError, now: int) -> int | None:
    """After 410 Gone only a person ends the pause. Otherwise the connection is probed from time to time."""
    if error.status == 410:
        return None
    return now + _ms(PROBE if error.retry_after is None else error.retry_after, LONGEST_PAUSE)


def _waiting(tries: int) -> DeliveryStatus:
    return DeliveryStatus.RETRYING if tries else DeliveryStatus.PENDING


def _ms(seconds: float, longest: float = LONGEST_HOLD) -> int:
    return round(min(max(seconds, 1), longest) * 1000)
