"""Which connections get a result: decided when it is accepted, by the filters of each connection.

A report may not name its kind, or name it otherwise than its job does. Which connections get it then is
decided here too, for every kind that makes a difference; the store knows the job.
"""

from collections.abc import Iterable, Mapping, Sequence

from relay.models.connection import Route
from relay.models.core import Result, ResultStatus, RoutedResult
from relay.models.output_kind import BY_ID_PREFIX


def route(
    results: Iterable[Result],
    connections: Sequence[Route],
    *,
    archive_wait: int | None = None,
    now: int = 0,
) -> tuple[RoutedResult, ...]:
    """`archive_wait`: ms from `now` that deliveries wait for the archive; None: nothing is archived."""
    kinds = _kinds_that_matter(connections)
    return tuple(
        RoutedResult(
            result,
            _matching(result.status, result.kind, connections),
            held_until=now + archive_wait if archive_wait is not None and _has_files(result) else None,
            of_kind=_by_kind(result, connections, kinds),
        )
        for result in results
    )


def _matching(status: ResultStatus, kind: str, connections: Sequence[Route]) -> tuple[str, ...]:
    return tuple(connection.name for connection in connections if connection.wants(status, kind))


def _kinds_that_matter(connections: Sequence[Route]) -> frozenset[str]:
    """Empty while no connection filters by kind."""
    filtered = frozenset[str]().union(*(connection.kinds for connection in connections))
    return filtered | {kind.name for kind in BY_ID_PREFIX.values()} if filtered else filtered


def _by_kind(
    result: Result, connections: Sequence[Route], kinds: Iterable[str]
) -> Mapping[str, tuple[str, ...]]:
    return {kind: _matching(result.status, kind, connections) for kind in kinds if kind != result.kind}


def _has_files(result: Result) -> bool:
    return result.status is ResultStatus.COMPLETED and bool(result.outputs)
