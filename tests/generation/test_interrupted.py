"""What a kill leaves held says the next step of its kind: its webhook continues it, or a person decides."""

import pytest

from relay.generation.actions import is_available, link
from relay.generation.kinds import Kind, kinds
from relay.models.job import JobStatus, NewJob, Source
from relay.models.queue import QueueLimits, Submission
from relay.store.sqlite.store import SqliteStore
from sandbox import API_KEY
from tests.generation.inputs import job_input
from tests.generation.test_worker import made_queue, now_of, reaches, running
from tests.wire import wait_until

CONTINUES = "If so, the webhook continues the job automatically."
DECIDE = "no webhook will report it. Decide by hand: check at CreativeAI"
LINK = "if it was started, link the job to its ID there; if not, retry or cancel the job."


@pytest.mark.parametrize("public_url", ["", "https://relay.example.com"], ids=["unreachable", "reachable"])
@pytest.mark.parametrize("kind", kinds(), ids=lambda kind: kind.name)
def test_what_a_kill_leaves_held_says_the_next_step_of_its_kind(
    store: SqliteStore, kind: Kind, public_url: str
) -> None:
    asked = job_input(kind.name).body()
    job = NewJob(kind.name, asked, {}, Source.API, kind.output_kind, rate_bucket=kind.rate_bucket)
    (created,) = store.create_jobs([job], now=1)
    call = store.claim_call(API_KEY, QueueLimits(), now=2, lease_until=3)
    assert isinstance(call, Submission)  # and the relay is killed
    with running(made_queue(store, "http://127.0.0.1:9", public_url=public_url)):
        wait_until(reaches(store, created.job_id, JobStatus.HELD))
    reason = now_of(store, created.job_id).status_reason
    assert reason.startswith("The relay stopped while it sent the job. CreativeAI may have ")
    assert (CONTINUES in reason) is bool(public_url and kind.name not in ("image", "image-edit"))
    assert (DECIDE in reason) is not (CONTINUES in reason)
    polled = kind.name not in ("image", "image-edit")
    assert reason.endswith(LINK if polled else "check at CreativeAI, then retry or cancel the job.")
    held = now_of(store, created.job_id)
    assert is_available("link", held, account="a") is polled
    assert link(store, held, "gen_1", now=5).done is polled
