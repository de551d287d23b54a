"""Share links: kept, revoked, and a budget that jobs asked for at the same moment cannot exceed."""

import sqlite3
import threading
from typing import Any

import pytest

from relay.errors import ShareError
from relay.models.job import JobStatus
from relay.models.queue import CallOutcome, CallResult
from relay.store.contract.admin import NewShareLink, ShareLink
from relay.store.contract.core import Store
from tests.store.contract.jobs import create, new_job, submission, told
from tests.store.contract.make import NOW, result


def shared(store: Store, *, budget: float = 100, expires_at: int | None = None) -> str:
    fixed = {"duration": "5", "context.sku": "MUG-1"}
    return store.add_share(NewShareLink("Anna", "text-to-video", fixed, budget, expires_at), now=NOW)


def the_share(store: Store, share_id: str) -> ShareLink:
    share = store.share(share_id)
    assert share is not None
    return share


class ShareContract:
    def test_a_share_link_is_read_back_as_it_was_made(self, store: Store, second: Store) -> None:
        share_id = shared(store, expires_at=NOW + 5)
        share = the_share(second, share_id)
        assert (share.name, share.form, share.budget) == ("Anna", "text-to-video", 100)
        assert share.fixed_values == {"duration": "5", "context.sku": "MUG-1"}
        assert (share.created_at, share.expires_at, share.used) == (NOW, NOW + 5, 0)
        assert second.share("share_unknown") is None

    def test_a_share_link_is_revoked_once_and_stays_in_the_list(self, store: Store, second: Store) -> None:
        share_id = shared(store)
        assert second.revoke_share(share_id, now=NOW + 1)
        assert not second.revoke_share(share_id, now=NOW + 2)
        assert not second.revoke_share("share_unknown", now=NOW)
        assert [each.revoked_at for each in store.shares()] == [NOW + 1]

    @pytest.mark.parametrize(("at", "is_open"), [(NOW + 4, True), (NOW + 5, False)])
    def test_a_share_link_ends_at_its_time(self, store: Store, at: int, is_open: bool) -> None:
        assert the_share(store, shared(store, expires_at=NOW + 5)).is_open(at) is is_open

    def test_only_its_own_jobs_are_listed(self, store: Store) -> None:
        share_id, other = shared(store), shared(store)
        mine = create(store, share_link_id=share_id, estimate=10)
        create(store, share_link_id=other, estimate=10)
        create(store)
        found = store.jobs_of_share_link(share_id, limit=10)
        assert [(job.id, job.share_link_id) for job in found] == [(mine, share_id)]
        assert store.jobs_of_share_link(share_id, limit=10, before=mine) == []

    def test_what_exceeds_the_budget_makes_nothing_and_says_what_is_left(self, store: Store) -> None:
        share_id = shared(store, budget=100)
        create(store, share_link_id=share_id, estimate=60)
        with pytest.raises(ShareError, match="about 60 credits, and 40 of this link's 100 are left"):
            create(store, share_link_id=share_id, estimate=60)
        assert len(store.jobs_of_share_link(share_id, limit=10)) == 1
        assert the_share(store, share_id).used == 60

    def test_a_job_asked_for_again_is_not_counted_again(self, store: Store) -> None:
        share_id = shared(store, budget=60)
        first = create(store, share_link_id=share_id, estimate=60, idempotency_key="form:1")
        assert create(store, share_link_id=share_id, estimate=60, idempotency_key="form:1") == first

    def test_a_pipeline_keeps_to_the_budget_as_a_whole(self, store: Store) -> None:
        share_id = shared(store, budget=100)
        steps = [new_job(step=step, share_link_id=share_id, estimate=60) for step in ("edit", "video")]
        with pytest.raises(ShareError):
            store.create_pipeline("commerce", steps, context={}, now=NOW)
        assert store.jobs(limit=10) == []
        assert store.pipelines(limit=10) == []

    @pytest.mark.parametrize("how", ["revoked", "expired", "unknown"])
    def test_a_link_that_has_ended_makes_no_job(self, store: Store, how: str) -> None:
        share_id = shared(store, expires_at=NOW if how == "expired" else None)
        if how == "revoked":
            store.revoke_share(share_id, now=NOW)
        with pytest.raises(ShareError, match="has expired"):
            create(store, share_link_id="share_unknown" if how == "unknown" else share_id)
        assert store.jobs(limit=10) == []

    def test_what_was_never_sent_gives_its_credits_back(self, store: Store) -> None:
        share_id = shared(store, budget=60)
        job_id = create(store, share_link_id=share_id, estimate=60)
        assert store.cancel_job(job_id, now=NOW + 1)
        assert the_share(store, share_id).used == 0

    def test_what_was_sent_and_failed_counts_as_long_as_nobody_says_otherwise(self, store: Store) -> None:
        share_id = shared(store)
        create(store, share_link_id=share_id, estimate=60)
        store.end_call(CallOutcome(submission(store), NOW + 1, JobStatus.FAILED, "Refused."))
        assert the_share(store, share_id).used == 60

    def test_refunds_give_a_link_its_credits_back_and_add_up(self, store: Store) -> None:
        share_id = shared(store, budget=90)
        create(store, share_link_id=share_id, estimate=90, kind="video-batch", videos=3, expected_results=3)
        call = submission(store)
        ids = ("vid_1", "vid_2", "vid_3")
        store.keep_result(
            CallResult(call, NOW, "video_batch_1", ids, NOW + 10_000, "response", credits=90), []
        )
        left = [the_share(store, share_id).used]
        for number, generation_id in enumerate(ids[:2]):
            failed = result(generation_id, "failed", credits_refunded=30.0)
            told(store, call, failed, at=NOW + number)
            told(store, call, failed, at=NOW + number)  # the same one again gives nothing more back
            left.append(the_share(store, share_id).used)
        assert left == [90, 60, 30]
        assert store.shares()[0].used == 30
        create(store, share_link_id=share_id, estimate=60)

    def test_jobs_asked_for_at_the_same_moment_stay_within_the_budget(
        self, store: Store, second: Store
    ) -> None:
        share_id = shared(store, budget=100)
        start, made, refused = threading.Barrier(12), [], []

        def ask(number: int) -> None:
            start.wait()
            try:
                made.append(create((store, second)[number % 2], share_link_id=share_id, estimate=30))
            except ShareError as error:
                refused.append(error)

        threads = [threading.Thread(target=ask, args=(number,)) for number in range(12)]
        for each in threads:
            each.start()
        for each in threads:
            each.join(30)
        assert (len(made), len(refused)) == (3, 9)
        assert the_share(store, share_id).used == 90


class SettingsContract:
    def test_settings_are_kept_together_and_forgotten_again(self, store: Store, second: Store) -> None:
        store.put_settings({"a": "1", "b": "2"})
        second.put_settings({"a": None, "b": "3"})
        assert store.settings() == {"b": "3"}
        assert store.setting("a") is None

    def test_a_copy_has_all_that_is_committed_and_leaves_nothing_behind(
        self, store: Store, tmp_path: Any
    ) -> None:
        job_id = create(store)
        with store.copy() as file:
            (tmp_path / "copy.db").write_bytes(file.read())
        create(store)
        database = sqlite3.connect(tmp_path / "copy.db")
        assert database.execute("select id from job").fetchall() == [(job_id,)]
        assert database.execute("pragma integrity_check").fetchone()[0] == "ok"
        database.close()
        assert list(tmp_path.glob("*.backup*")) == []
