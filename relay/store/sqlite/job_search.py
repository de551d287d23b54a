"""Finds jobs by words of their prompt, context or id, with SQLite's full-text index (FTS5)."""

from relay.models.job import Job
from relay.store.sql.job_rows import read_job
from relay.store.sql.jobs import AFTER_ALL_IDS
from relay.store.sql.repository import Repository

_AFTER_ALL_ROWS = 2**62
_MOST_WORDS = 12


class SqliteJobSearch(Repository):
    def find_jobs(
        self,
        text: str,
        *,
        limit: int,
        before: str = "",
        since: str = "",
        until: str = "",
        status: str = "",
        kind: str = "",
    ) -> list[Job]:
        words = _match(text)
        if not words:
            return []
        with self._database.read() as db:
            place = _AFTER_ALL_ROWS
            if before:
                row = db.fetch_one("place_in_search", {"words": words, "job_id": before})
                place = row["place"] if row else place
            asked = {"words": words, "before": place, "limit": limit, "status": status, "kind": kind}
            asked |= {"since": since, "until": until or AFTER_ALL_IDS}
            rows = db.fetch_all("search_jobs", asked)
        return [read_job(row) for row in rows]


def _match(text: str) -> str:
    """As FTS5 has it: every word as a prefix, each a quoted string, so that none is an operator."""
    parts = text.replace("\0", " ").split()[:_MOST_WORDS]
    words = (part.replace('"', '""') for part in parts if any(letter.isalnum() for letter in part))
    return " ".join(f'"{word}"*' for word in words)
