"""Routing: each result goes to the connections that want it, in their order, and to no other."""

from relay.intake.routing import route
from relay.models.core import Connection, Output, Result, ResultStatus, Wanted

DONE = Result("vgen_1", ResultStatus.COMPLETED, kind="video")
FAILED = Result("img_1", ResultStatus.FAILED, kind="image")
EARLY = Result("vgen_2", ResultStatus.PROCESSING, kind="video")


def connection(
    name: str, statuses: set[ResultStatus] | None = None, kinds: set[str] | None = None
) -> Connection:
    given = {} if statuses is None else {"statuses": frozenset(statuses)}
    return Connection(name=name, kind="webhook", target=name, kinds=frozenset(kinds or ()), **given)


def test_a_connection_gets_completed_and_failed_results_of_every_kind_unless_told_otherwise() -> None:
    sheet = connection("sheet")
    assert route([DONE, FAILED, EARLY], [sheet]) == (
        Wanted(DONE, ("sheet",)),
        Wanted(FAILED, ("sheet",)),
        Wanted(EARLY, ()),
    )


def test_each_connection_filters_by_status_and_kind() -> None:
    everyone = [
        connection("all", set(ResultStatus)),
        connection("failures", {ResultStatus.FAILED}),
        connection("videos", kinds={"video", "compose"}),
        connection("failed videos", {ResultStatus.FAILED}, {"video"}),
    ]
    assert [wish.connections for wish in route([DONE, FAILED, EARLY], everyone)] == [
        ("all", "videos"),
        ("all", "failures"),
        ("all",),
    ]


def test_a_kind_that_nobody_filters_for_still_goes_to_those_without_a_filter() -> None:
    strange = Result("x_1", ResultStatus.COMPLETED, kind="hologram")
    assert route([strange], [connection("all"), connection("videos", kinds={"video"})]) == (
        Wanted(strange, ("all",)),
    )


def test_a_result_that_nobody_wants_is_still_kept() -> None:
    assert route([DONE], []) == (Wanted(DONE, ()),)
    assert route([], [connection("all")]) == ()


def test_deliveries_of_finished_files_wait_for_the_archive_where_there_is_one() -> None:
    files = Result("vgen_3", ResultStatus.COMPLETED, outputs=(Output("https://cdn.test/3.mp4"),))
    early = Result("vgen_3", ResultStatus.PROCESSING, outputs=files.outputs)
    waits = [wish.held_until for wish in route([files, early, DONE, FAILED], [], archive_wait=600, now=1000)]
    assert waits == [1600, None, None, None]
    assert [wish.held_until for wish in route([files], [])] == [None]
