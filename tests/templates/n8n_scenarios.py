"""Situations that cost money or lose a result, under the real limits of every service.

Each is one function: it plays the situation on one template, waits for its end and looks at what is there.
Jobs are counted where they are paid for: in the sandbox's ledger. `n8n_matrix` says where each applies.
"""

import json
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from sandbox import PlannedResponse
from tests.templates.n8n_copies import EVERY
from tests.templates.n8n_scene import OUTPUT
from tests.templates.n8n_server import Execution
from tests.templates.n8n_subjects import (
    BY_HAND,
    COMPLETED,
    PARTS,
    PATIENCE,
    Filmed,
    Listed,
    Posted,
    Relayed,
    Sold,
    Subject,
)
from tests.templates.n8n_world import World, workflow
from tests.wire import wait_until

THROTTLED = json.dumps({"errors": [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}]})
GOOGLE_BUSY = json.dumps(
    {"error": {"code": 429, "message": "Quota exceeded.", "status": "RESOURCE_EXHAUSTED"}}
)
ACCEPTED = {200, 202}
READS = {"image-to-video-sheets-slack": "Read the row", "catalogue-batch": "Read the rows"}  # for a result
GONE = {
    "shopify-product-video": "Product does not exist",
    "image-to-video-sheets-slack": "The row of GONE is not in the sheet",
    "catalogue-batch": "No row of the sheet has these generation IDs",
    "image-to-video-airtable": "could not be found",
    "commerce-pipeline": "could not be found",
}


def thirty_products_in_one_second(world: World, subject: Subject) -> None:
    """Thirty callers are accepted, thirty products are complete, and each was paid for once."""
    skus, known = [f"BURST-{number}" for number in range(30)], len(world.sandbox.jobs)
    assert set(subject.begin(world, skus)) <= ACCEPTED
    _all_complete(world, subject, skus)
    _paid_once(world, subject, known, skus, len(skus))


def one_product_in_several_rows(world: World, subject: Listed) -> None:
    """One product in two of three rows: run twice in the same second, and again after the end."""
    _twice_and_again(world, subject, ("SKU-1", "SKU-1", "SKU-2"))


def run_twice_at_once(world: World, subject: Listed) -> None:
    _twice_and_again(world, subject, ("CAT-1", "CAT-1", "CAT-2", "CAT-3"))


def run_by_hand_while_the_schedule_fires(world: World, subject: Listed) -> None:
    """As soon as the schedule has begun, a person clicks too; later runs of the schedule add nothing."""
    skus, known, begun = ("HAND-1", "HAND-1", "HAND-2"), len(world.sandbox.jobs), world.n8n.last()
    subject.fill(world, skus)
    _fired(world, subject, begun)
    subject.run(world)
    _all_complete(world, subject, skus[1:])
    _fired(world, subject, world.n8n.last())
    _each_row_has_its_own(world, subject, known, skus)


def started_twice_at_once(world: World, subject: Subject) -> None:
    """The same product in the same second: one start is accepted, or both are one."""
    known = len(world.sandbox.jobs)
    statuses = subject.begin(world, ["TWIN", "TWIN"])
    assert set(statuses) & ACCEPTED
    assert set(statuses) <= ACCEPTED | {409}
    _all_complete(world, subject, ["TWIN"])
    _paid_once(world, subject, known, ["TWIN"], 1)


def started_again_after_the_end(world: World, subject: Posted) -> None:
    """Nothing of the first run is taken for the second one's: it has parts of its own, all of them."""
    columns = ("Picture", "Voice", "Video", "Film", "Generation ID")
    known, found = len(world.sandbox.jobs), []
    for _ in range(2):
        assert subject.begin(world, ["AGAIN"]) == [202]
        _all_complete(world, subject, ["AGAIN"])
        [record] = subject.records(world, ["AGAIN"])
        found.append({each: record[each] for each in columns if record.get(each)})
    _paid_once(world, subject, known, ["AGAIN"], 2)
    assert found[0].keys() == found[1].keys()
    assert not set(found[0].values()) & set(found[1].values())


def reported_again_after_the_end(world: World, subject: Subject) -> None:
    """What calls more than once for one start starts nothing more: it is the same job."""
    if isinstance(subject, Relayed):  # within an hour
        wait_until(lambda: time.gmtime().tm_min < 58, 130.0, pause=1)
    known = len(world.sandbox.jobs)
    for _ in range(2):
        assert set(subject.begin(world, ["SAME"])) <= ACCEPTED
        _all_complete(world, subject, ["SAME"])
    _paid_once(world, subject, known, ["SAME"], 1)


def three_films_at_once_and_one_of_them_again(world: World, subject: Filmed) -> None:
    """The film that is made again has parts of its own, all of them, and nothing else is paid for."""
    skus, known = [f"FILM-{number}" for number in range(3)], len(world.sandbox.jobs)
    columns = ("Picture", "Voice", "Video", "Film")
    found = []
    for films in (skus, skus[:1]):
        assert set(subject.begin(world, films)) == {202}
        _all_complete(world, subject, films)
        found.append(subject.records(world, skus[:1])[0])
        kinds = Counter(each.kind for each in subject.paid(world, known, skus))
        assert kinds == dict.fromkeys(PARTS, 3 + (films != skus))
    assert not {found[0][each] for each in columns} & {found[1][each] for each in columns}


def a_photo_that_cannot_be_fetched(world: World, subject: Posted) -> None:
    known = len(world.sandbox.jobs)
    [response] = subject.post_all(world, ["NO-PHOTO"], f"{OUTPUT}/there/is/none.png")
    assert response.status_code == 202, response.text
    wait_until(lambda: subject.ended(world, "NO-PHOTO") == ["Not started"], PATIENCE, pause=1)
    [record] = subject.records(world, ["NO-PHOTO"])
    assert "photo could not be fetched" in record["Error"]
    assert "nothing was charged" in record["Error"]
    paid = Posted.paid(subject, world, known, ["NO-PHOTO"])  # an edit names no record
    assert not paid


def a_sku_that_is_no_text(world: World, subject: Posted) -> None:
    for sku in (["A"], {"a": 1}, True, ""):
        response = subject.post(world, sku)
        assert response.status_code == 422, (sku, response.text)
        assert "Nothing was started" in response.json()["error"]
    assert not [each for each in world.records(subject.table) if "object" in str(each.get("SKU"))]


def a_service_that_is_busy(world: World, subject: Subject) -> None:
    """The first responses of the place of the results are refusals for now; a list refuses a result too."""
    known, begun = len(world.sandbox.jobs), world.n8n.last()
    if isinstance(subject, Sold):
        subject.create(world, "BUSY")
        world.sandbox.plan_response("shopify", PlannedResponse(200, THROTTLED))
    elif isinstance(subject, Listed):
        world.sandbox.plan_response("sheets", PlannedResponse(429, GOOGLE_BUSY, path=subject.book), 2)
    else:
        refused = json.dumps({"errors": [{"error": "RATE_LIMIT_REACHED", "message": "Rate limit exceeded."}]})
        world.sandbox.plan_response("airtable", PlannedResponse(429, refused), 2)
    subject.begin(world, ["BUSY"])
    if isinstance(subject, Listed):  # once it has paid, only the execution of a result reads
        wait_until(lambda: subject.paid(world, known, ["BUSY"]), PATIENCE, pause=0.02)
        busy = PlannedResponse(429, GOOGLE_BUSY, method="GET", path=subject.book)
        world.sandbox.plan_response("sheets", busy, 5)
    _all_complete(world, subject, ["BUSY"])
    _paid_once(world, subject, known, ["BUSY"], 1)
    if isinstance(subject, Listed):
        read = READS[subject.slug]

        def ended() -> list[Execution]:
            own = world.n8n.executions(begun, subject.workflow)
            return own if any(each.ran.get(read) for each in own) else []

        own = wait_until(ended, PATIENCE, pause=1)
        assert not [each.error for each in own if each.error]
        assert max(each.ran.get(read, 0) for each in own) > 1


def a_place_that_is_deleted_meanwhile(world: World, subject: Subject) -> None:
    """The execution stops with the service's words and the link of what was paid for.

    A list is empty then: its last rows are deleted.
    """
    known, jobs = world.n8n.last(), len(world.sandbox.jobs)
    skus = ["GONE", "GONE-TOO"] if subject.slug == "catalogue-batch" else ["GONE"]  # all in one batch
    if isinstance(subject, Sold):
        subject.products["GONE"] = "gid://shopify/Product/404404"
    subject.begin(world, skus)
    if not isinstance(subject, Sold):
        _delete_when_sent(world, subject, jobs, skus)
    paid = subject.paid(world, jobs, skus) if isinstance(subject, Listed) else []
    links = [f"{OUTPUT}/{each.id}.mp4" for each in paid] or [OUTPUT]
    own = subject.workflow if isinstance(subject, Listed) else workflow(subject.slug)["id"]

    def stopped() -> list[str]:
        errors = [each.error for each in world.n8n.executions(known, own) if OUTPUT in each.error]
        return errors if all(link in "".join(errors) for link in links) else []

    for error in wait_until(stopped, PATIENCE, pause=3):
        assert GONE[subject.slug] in error


def _delete_when_sent(world: World, subject: Subject, jobs: int, skus: Sequence[str]) -> None:
    assert isinstance(subject, Posted | Listed)
    if isinstance(subject, Listed):
        wait_until(lambda: len(subject.paid(world, jobs, skus)) == len(skus), PATIENCE)
        subject.fill(world, [])
    else:
        wait_until(lambda: Posted.paid(subject, world, jobs, ["GONE"]), PATIENCE)
        for record in subject.records(world, ["GONE"]):
            world.delete_record(subject.table, record["id"])


def _fired(world: World, subject: Listed, after: int) -> None:
    """The schedule has begun another run."""
    wait_until(lambda: (subject.workflow, "trigger") in world.n8n.begun(after), 4.0 * EVERY, pause=0.05)


def _all_complete(world: World, subject: Subject, skus: Sequence[str]) -> None:
    def complete() -> bool:
        return all(set(subject.ended(world, sku)) == {COMPLETED} for sku in skus)

    try:
        wait_until(complete, PATIENCE, pause=1)
    except TimeoutError:
        raise AssertionError({sku: subject.ended(world, sku) for sku in skus}) from None


def _paid_once(world: World, subject: Subject, known: int, skus: Sequence[str], products: int) -> None:
    paid = subject.paid(world, known, skus)
    assert len(paid) == products * subject.jobs_of_one, paid


def _twice_and_again(world: World, subject: Listed, skus: Sequence[str]) -> None:
    known = len(world.sandbox.jobs)
    subject.fill(world, skus)
    with ThreadPoolExecutor(2) as threads:
        list(threads.map(lambda _: subject.run(world), range(2)))
    _all_complete(world, subject, skus)
    ended = world.n8n.last()
    subject.run(world)

    def ran_again() -> bool:
        return any(BY_HAND in each.ran for each in world.n8n.executions(ended, subject.workflow))

    wait_until(ran_again, PATIENCE, pause=3)
    _each_row_has_its_own(world, subject, known, skus)


def _each_row_has_its_own(world: World, subject: Listed, known: int, skus: Sequence[str]) -> None:
    rows, paid = subject.rows(world), [each.id for each in subject.paid(world, known, skus)]
    assert [row["SKU"] for row in rows] == list(skus)
    own = [row["Generation ID"] for row in rows]
    assert len(paid) == len(set(own)) == len(skus), f"{len(paid)} paid, {rows}"
    assert set(own) == set(paid), f"{paid} paid, {rows}"
    assert [row["Video"] for row in rows] == [f"{OUTPUT}/{each}.mp4" for each in own]
