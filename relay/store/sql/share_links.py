"""Share links, and what their jobs may cost: counted in the transaction that creates the jobs."""

import json
from collections.abc import Iterable, Sequence

from relay.errors import ShareError
from relay.models.core import new_id
from relay.models.job import Created, Job, NewJob
from relay.store.contract.admin import NewShareLink, ShareLink
from relay.store.sql import codec
from relay.store.sql.database import Row, Session
from relay.store.sql.job_rows import read_job
from relay.store.sql.repository import AFTER_ALL_IDS, Repository


class SqlShareLinks(Repository):
    def add_share(self, share: NewShareLink, *, now: int) -> str:
        row = {
            "id": new_id("share", now),
            "name": share.name,
            "form": share.form,
            "fixed_values": codec.to_json(share.fixed_values),
            "budget": share.budget,
            "expires_at": share.expires_at,
            "now": now,
        }
        with self._database.write() as db:
            db.execute("insert_share", row)
        return str(row["id"])

    def shares(self) -> list[ShareLink]:
        with self._database.read() as db:
            return [_share(row) for row in db.fetch_all("list_shares")]

    def share(self, share_id: str) -> ShareLink | None:
        with self._database.read() as db:
            return _found(db, share_id)

    def revoke_share(self, share_id: str, *, now: int) -> bool:
        with self._database.write() as db:
            return db.fetch_one("revoke_share", {"id": share_id, "now": now}) is not None

    def jobs_of_share_link(self, share_id: str, *, limit: int, before: str = "") -> list[Job]:
        asked = {"id": share_id, "limit": limit, "before": before or AFTER_ALL_IDS}
        with self._database.read() as db:
            rows = db.fetch_all("list_jobs_of_share_link", asked)
        return [read_job(row) for row in rows]


def keep_to_share(db: Session, jobs: Sequence[NewJob], created: Iterable[Created], *, now: int) -> None:
    """Part of the transaction that has just made these jobs. Raises ShareError, and then none was made."""
    for share_id in {job.share_link_id for job, made in zip(jobs, created, strict=True) if made.new} - {""}:
        share = _found(db, share_id)
        if share is None or not share.is_open(now):
            raise ShareError(
                "This link has expired, so nothing was sent. Ask the person who sent the link for a new one."
            )
        if share.used > share.budget:
            asked = sum(job.estimate for job in jobs if job.share_link_id == share_id)
            left = max(0.0, share.budget - (share.used - asked))
            raise ShareError(
                f"This takes about {asked:g} credits, and {left:g} of this link's {share.budget:g} are left. "
                "Nothing was sent or spent. Choose a smaller job, or ask the sender for more credits."
            )


def _found(db: Session, share_id: str) -> ShareLink | None:
    row = db.fetch_one("find_share", {"id": share_id})
    return _share(row) if row else None


def _share(row: Row) -> ShareLink:
    return ShareLink(**{**dict(row), "fixed_values": json.loads(row["fixed_values"])})
