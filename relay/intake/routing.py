"""Which connections get a result: decided when it is accepted, by the filters of each connection."""

from collections.abc import Iterable, Sequence

from relay.models.core import Result, ResultStatus, Route, RoutedResult


def route(
    results: Iterable[Result],
    connections: Sequence[Route],
    *,
    archive_wait: int | None = None,
    now: int = 0,
) -> tuple[RoutedResult, ...]:
    """`archive_wait`: ms from `now` that deliveries wait for the archive; None: nothing is archived."""
    return tuple(
        RoutedResult(
            result,
            tuple(connection.name for connection in connections if connection.matches(result)),
            held_until=now + archive_wait if archive_wait is not None and _has_files(result) else None,
        )
        for result in results
    )


def _has_files(result: Result) -> bool:
    return result.status is ResultStatus.COMPLETED and bool(result.outputs)
