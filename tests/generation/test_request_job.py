"""Every way in obeys the same rules, and nothing makes a job but the one function that has them."""

import ast
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from relay.errors import ApiKeyError
from relay.generation import JobRequest, request_job, request_jobs, request_pipeline
from relay.generation.actions import retry
from relay.generation.create_job import InputError
from relay.generation.request_job import IdempotencyKeyError, LimitError
from relay.generation.shopify_products import NewProducts, NewProductSettings
from relay.models.core import ShopEvent
from relay.models.job import Job, JobStatus, Source
from relay.models.queue import CallOutcome, QueueLimits, Submission
from relay.store.sqlite.store import SqliteStore
from tests.generation.plans import planned, step
from tests.store.template import new_database
from tests.wire import wait_until

NOW = 1_800_000_000_000
LIMITS = QueueLimits(credits_per_day=40, videos_per_day=10)
VOICE = JobRequest("voice", {"text": "Hello."}, Source.API)
VIDEO = JobRequest("text-to-video", {"prompt": "A mug"}, Source.API)
BATCH = JobRequest("video-batch", {"prompts": [{"prompt": f"Mug {n}"} for n in range(11)]}, Source.API)
ROOT = Path(__file__).parent.parent.parent / "relay"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    new_database(tmp_path / "relay.db")
    with closing(SqliteStore(tmp_path / "relay.db", busy_seconds=0.1)) as store:
        yield store


def ask(store: SqliteStore, request: JobRequest, limits: QueueLimits = LIMITS, account: str = "key") -> Any:
    return request_job(store, request, account=account, limits=limits, now=NOW)


def next_call(store: SqliteStore, limits: QueueLimits, at: int = NOW) -> Any:
    return store.claim_call("key", limits, now=at, lease_until=at + 1000, prefer=Submission)


def the_job(store: SqliteStore) -> Job:
    (job,) = store.jobs(limit=9)
    return job


def test_only_request_job_lets_a_job_come_into_being() -> None:
    makers = {"create_jobs", "create_pipeline", "create_sample", "insert_job"}
    found = {
        path.relative_to(ROOT).as_posix()
        for path in ROOT.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute | ast.Name)
        and (node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id) in makers
    }
    assert {path for path in found if not path.startswith("store/")} == {"generation/request_job.py"}


@pytest.mark.parametrize(
    ("request_", "why"),
    [(VIDEO, "CREATIVEAI_CREDITS_PER_DAY) is 40"), (BATCH, "CREATIVEAI_VIDEOS_PER_DAY) is 10")],
    ids=["credits", "videos"],
)
def test_what_no_waiting_can_satisfy_is_refused_at_the_door(
    store: SqliteStore, request_: JobRequest, why: str
) -> None:
    with pytest.raises(LimitError) as caught:
        ask(store, request_)
    assert why in str(caught.value)
    assert "Nothing was sent or charged." in str(caught.value)
    assert store.jobs(limit=9) == []


def test_a_step_that_no_waiting_can_satisfy_refuses_the_whole_pipeline(store: SqliteStore) -> None:
    plan = planned(step("voice"), step("video", "text-to-video"))
    with pytest.raises(LimitError):
        request_pipeline(store, plan, account="key", limits=LIMITS, now=NOW)
    assert (store.jobs(limit=9), store.pipelines(limit=9)) == ([], [])


def test_several_are_requested_together_or_not_at_all(store: SqliteStore) -> None:
    with pytest.raises(LimitError):
        request_jobs(store, [VOICE, VIDEO], account="key", limits=LIMITS, now=NOW)
    assert store.jobs(limit=9) == []
    both = [replace(VOICE, batch_id="list"), replace(VOICE, batch_id="list")]
    made = request_jobs(store, both, account="key", limits=LIMITS, now=NOW)
    assert [each.new for each in made] == [True, True]


def test_without_a_key_nothing_is_made(store: SqliteStore) -> None:
    with pytest.raises(ApiKeyError):
        ask(store, VOICE, account="")
    assert store.jobs(limit=9) == []


def test_every_fault_is_named_at_once(store: SqliteStore) -> None:
    wrong = JobRequest("voice", {"speed": 9}, Source.API, context={"": "x"})
    with pytest.raises(InputError) as caught:
        ask(store, wrong)
    assert set(caught.value.faults) == {"text", "speed", "context"}


def test_one_idempotency_key_with_another_input(store: SqliteStore) -> None:
    first = replace(VOICE, idempotency_key="k")
    other = replace(first, input={"text": "Bye."})
    made = ask(store, first)
    assert ask(store, first).job_id == made.job_id
    with pytest.raises(IdempotencyKeyError):
        ask(store, other)
    assert ask(store, replace(other, other_input="keep first")).job_id == made.job_id
    assert ask(store, replace(other, other_input="another")).job_id != made.job_id


def test_a_retry_that_no_waiting_can_satisfy_says_which_limit(store: SqliteStore) -> None:
    ask(store, VIDEO, QueueLimits())
    store.end_call(CallOutcome(next_call(store, QueueLimits()), NOW, JobStatus.FAILED, "Refused."))
    refused = retry(store, the_job(store), account="key", limits=LIMITS, now=NOW)
    assert not refused.done
    assert "(CREATIVEAI_CREDITS_PER_DAY) is 40" in refused.summary
    assert "nothing was charged" in refused.summary
    assert retry(store, the_job(store), account="key", limits=QueueLimits(), now=NOW).done


@dataclass(frozen=True)
class Mug:
    product_id: str = "1"
    title: str = "Mug"
    handle: str = "mug"
    skus: tuple[str, ...] = ("MUG-1",)


def new_products(store: SqliteStore, limits: Callable[[], QueueLimits]) -> NewProducts:
    settings = NewProductSettings(
        "The {title} turns", 5, lambda _id, _now: "https://shop.example.com/mug.png"
    )
    fronts = {"shopify": settings}
    return NewProducts(store, lambda: fronts, lambda _: Mug(), account="key", limits=limits)


def test_the_video_of_a_new_product_is_held_for_the_limit_and_goes_on_when_it_is_raised(
    store: SqliteStore,
) -> None:
    low, high = QueueLimits(credits_per_day=20), QueueLimits(credits_per_day=200)
    store.keep_shop_event(ShopEvent("shopify", "w1", "products/create", "mugs.myshopify.com", NOW, b"{}"))
    new_products(store, lambda: low)(NOW)
    wait_until(lambda: bool(store.jobs(limit=9)))
    shop_job = the_job(store)
    assert (shop_job.source, dict(shop_job.context)["sku"]) == (Source.SHOP, "MUG-1")
    behind = ask(store, VOICE, low)
    assert next_call(store, low).job_id == behind.job_id
    held = store.job(shop_job.id)
    assert held is not None
    assert held.status is JobStatus.HELD
    assert (
        "(CREATIVEAI_CREDITS_PER_DAY) is 20. The job was not sent, so nothing was charged."
        in held.status_reason
    )
    assert next_call(store, high).job_id == shop_job.id
