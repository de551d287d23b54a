"""The vendor's account: API keys, the limits of each, and the credits that they share."""

import threading

from sandbox.config import Config
from sandbox.errors import out_of_credits, unauthorized
from sandbox.rate_limits import TIERS, Limits, Meter


class Account:
    """Rejections are `ApiError`."""

    def __init__(self, config: Config) -> None:
        self._clock = config.clock
        self._lock = threading.Lock()
        self._meters = {key: Meter(limits) for key, limits in config.keys.items()}
        self._unknown = Meter(TIERS["free"])
        self._credits = config.credits

    def limit(self, key: str, limits: Limits) -> None:
        """From now on; what the key did before is forgotten."""
        with self._lock:
            self._meters[key] = Meter(limits)

    def admit(self, authorization: str) -> str:
        """The key of a request, which is counted against the key's requests a minute."""
        scheme, _, key = authorization.partition(" ")
        if scheme.lower() != "bearer" or key not in self._meters:
            raise unauthorized()
        with self._lock:
            self._meters[key].requests.take(self._clock())
        return key

    def admit_video_create(self, key: str) -> None:
        with self._lock:
            self._meters[key].video_creates.take(self._clock())

    def admit_video_poll(self, key: str) -> None:
        with self._lock:
            self._meters[key].video_polls.take(self._clock())

    def limit_headers(self, authorization: str) -> dict[str, str]:
        """The limit headers of every response. Unknown keys are shown a free tier, untouched."""
        with self._lock:
            meter = self._meters.get(authorization.partition(" ")[2], self._unknown)
            return meter.headers(self._clock())

    def buy(self, credits: int) -> None:  # noqa: A002
        with self._lock:
            self._pay(credits)

    def buy_video(self, key: str, credits: int, job_id: str, ends_at: float) -> None:  # noqa: A002
        """Within the day's limit and that of videos at a time; its place is held until `end_video`."""
        with self._lock:
            meter, now = self._meters[key], self._clock()
            meter.check_active(now)
            meter.check_day(now, 1)
            self._pay(credits)
            meter.take_day(now, 1)
            meter.start_video(job_id, ends_at)

    def buy_batch(self, key: str, credits: int, videos: int) -> None:  # noqa: A002
        """Not documented: whether a batch's videos count as active ones. Here only the day's limit holds."""
        with self._lock:
            meter, now = self._meters[key], self._clock()
            meter.check_day(now, videos)
            self._pay(credits)
            meter.take_day(now, videos)

    def end_video(self, key: str, job_id: str) -> None:
        with self._lock:
            self._meters[key].end_video(job_id)

    def refund(self, credits: int) -> None:  # noqa: A002
        with self._lock:
            self._credits += credits

    def charge_again(self, credits: int) -> None:  # noqa: A002
        """For a job that failed, was refunded and then completed: the credits may go below zero."""
        with self._lock:
            self._credits -= credits

    @property
    def credits(self) -> int:
        with self._lock:
            return self._credits

    def _pay(self, credits: int) -> None:  # noqa: A002
        if credits > self._credits:
            raise out_of_credits(credits, self._credits)
        self._credits -= credits
