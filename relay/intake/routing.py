"""Who wants a result: decided when it is accepted, by each connection's filters."""

from collections.abc import Iterable, Sequence

from relay.model import Connection, Result, Wanted


def route(results: Iterable[Result], connections: Sequence[Connection]) -> tuple[Wanted, ...]:
    return tuple(
        Wanted(result, tuple(connection.name for connection in connections if connection.wants(result)))
        for result in results
    )
