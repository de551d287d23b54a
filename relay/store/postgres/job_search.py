"""Finds jobs by words of their prompt, context or id, with Postgres's full-text index."""

from relay.models.job import Job
from relay.store.sql.job_rows import read_job
from relay.store.sql.jobs import AFTER_ALL_IDS
from relay.store.sql.repository import Repository
from relay.store.sql.search_tokens import tokens

_MOST_WORDS = 12


class PostgresJobSearch(Repository):
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
        asked = {"words": words, "before": before or AFTER_ALL_IDS, "limit": limit}
        asked |= {"status": status, "kind": kind, "since": since, "until": until or AFTER_ALL_IDS}
        with self._database.read() as db:
            return [read_job(row) for row in db.fetch_all("search_jobs", asked)]


def _match(text: str) -> str:
    """As a tsquery: the beginnings of all its words. A token has no character that means anything there."""
    words = [token for word in text.split()[:_MOST_WORDS] for token in tokens(word)]
    return " & ".join(f"'{word}':*" for word in words)
