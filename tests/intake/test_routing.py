"""Routing: each result goes to the connections that want it, in their order, and to no other."""

from relay.intake.routing import route
from relay.models.connection import Route
from relay.models.core import Output, Result, ResultStatus, RoutedResult

DONE = Result("vgen_1", ResultStatus.COMPLETED, kind="video")
FAILED = Result("img_1", ResultStatus.FAILED, kind="image")
EARLY = Result("vgen_2", ResultStatus.PROCESSING, kind="video")


def connection(name: str, statuses: set[ResultStatus] | None = None, kinds: set[str] | None = None) -> Route:
    given = {} if statuses is None else {"statuses": frozenset(statuses)}
    return Route(name=name, kind="webhook", target=name, kinds=frozenset(kinds or ()), **given)


def test_a_connection_gets_completed_and_failed_results_of_every_kind_unless_told_otherwise() -> None:
    sheet = connection("sheet")
    assert route([DONE, FAILED, EARLY], [sheet]) == (
        RoutedResult(DONE, ("sheet",)),
        RoutedResult(FAILED, ("sheet",)),
        RoutedResult(EARLY, ()),
    )


def test_each_connection_filters_by_status_and_kind() -> None:
    everyone = [
        connection("all", set(ResultStatus)),
        connection("failures", {ResultStatus.FAILED}),
        connection("videos", kinds={"video", "compose"}),
        connection("failed videos", {ResultStatus.FAILED}, {"video"}),
    ]
    assert [job_input.connections for job_input in route([DONE, FAILED, EARLY], everyone)] == [
        ("all", "videos"),
        ("all", "failures"),
        ("all",),
    ]


def test_a_kind_that_nobody_filters_for_still_goes_to_those_without_a_filter() -> None:
    strange = Result("x_1", ResultStatus.COMPLETED, kind="hologram")
    (routed,) = route([strange], [connection("all"), connection("videos", kinds={"video"})])
    assert (routed.result, routed.connections) == (strange, ("all",))


def test_each_connection_gets_it_by_the_kind_that_it_turns_out_to_have() -> None:
    """Its job or an earlier report may know its kind better than this report."""
    vague = Result("x_1", ResultStatus.COMPLETED)
    everyone = [connection("all"), connection("videos", kinds={"video"}), connection("art", kinds={"art"})]
    (routed,) = route([vague], everyone)
    found = {kind: routed.connections_for(kind) for kind in ("unknown", "video", "image", "art", "hologram")}
    assert found == {
        "unknown": ("all",),
        "video": ("all", "videos"),
        "image": ("all",),
        "art": ("all", "art"),
        "hologram": ("all",),
    }


def test_a_result_that_nobody_wants_is_still_kept() -> None:
    assert route([DONE], []) == (RoutedResult(DONE, ()),)
    assert route([], [connection("all")]) == ()


def test_deliveries_of_finished_files_wait_for_the_archive_where_there_is_one() -> None:
    files = Result("vgen_3", ResultStatus.COMPLETED, outputs=(Output("https://cdn.test/3.mp4"),))
    early = Result("vgen_3", ResultStatus.PROCESSING, outputs=files.outputs)
    waits = [
        job_input.held_until
        for job_input in route([files, early, DONE, FAILED], [], archive_wait=600, now=1000)
    ]
    assert waits == [1600, None, None, None]
    assert [job_input.held_until for job_input in route([files], [])] == [None]
