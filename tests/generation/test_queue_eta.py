"""About when a waiting job goes: a guess that is right at its edges."""

import pytest

from relay.generation.queue_eta import about
from relay.models.job import RateBucket
from relay.models.queue import QueueLimits, QueuePosition

LIMITS = QueueLimits(requests_per_minute=10, videos_per_minute=5, videos_at_once=3)
VIDEO = (30, 300)  # 165 s in the middle


@pytest.mark.parametrize(
    ("ahead", "running", "seconds"),
    [
        (0, 0, 0),
        (1, 0, 12),
        (2, 0, 24),
        (3, 0, 165),
        (5, 0, 165),
        (6, 0, 330),
        (0, 3, 165),
        (0, 2, 0),
        (0, 9, 165),
    ],
)
def test_a_video_waits_for_a_free_place(ahead: int, running: int, seconds: int) -> None:
    assert about(QueuePosition(ahead, running), RateBucket.VIDEO, LIMITS, VIDEO) == seconds * 1000


def test_what_is_quick_goes_at_the_pace_of_requests() -> None:
    assert about(QueuePosition(0, 99), RateBucket.OTHER, LIMITS, (5, 30)) == 0
    assert about(QueuePosition(20, 0), RateBucket.OTHER, LIMITS, (5, 30)) == 120_000


def test_who_stands_further_back_never_goes_sooner() -> None:
    for rate_bucket in (RateBucket.VIDEO, RateBucket.OTHER):
        times = [about(QueuePosition(ahead, 2), rate_bucket, LIMITS, VIDEO) for ahead in range(50)]
        assert times == sorted(times)
