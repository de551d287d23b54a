"""What the pages keep on SQLite: settings, tries to sign in, and finding jobs by their words."""

from collections.abc import Mapping

from relay.models.job import Job
from relay.store.contract.admin import LoginAttempts
from relay.store.sql.job_rows import read_job
from relay.store.sql.jobs import AFTER_ALL_IDS
from relay.store.sql.statements import STATEMENTS
from relay.store.sqlite.engine import SqliteEngine

_AFTER_ALL_ROWS = 2**62
_MOST_WORDS = 12


class SqlAdmin:
    _engine: SqliteEngine

    def take_login_attempt(self, who: str, *, now: int, most: int, span: int) -> LoginAttempts:
        with self._engine.write() as db:
            db.execute(STATEMENTS["forget_login_attempts_before"], {"before": now - span})
            found = db.execute(STATEMENTS["count_login_attempts"], {"remote_addr": who}).fetchone()
            if found["tries"] >= most:
                return LoginAttempts(0, found["first_at"] + span)
            db.execute(STATEMENTS["insert_login_attempt"], {"remote_addr": who, "now": now})
        return LoginAttempts(most - found["tries"] - 1)

    def forget_login_attempts(self, who: str) -> None:
        with self._engine.write() as db:
            db.execute(STATEMENTS["forget_login_attempts_of"], {"remote_addr": who})

    def setting(self, name: str) -> str | None:
        with self._engine.read() as db:
            row = db.execute(STATEMENTS["read_setting"], {"name": name}).fetchone()
        return row["value"] if row else None

    def settings(self) -> Mapping[str, str]:
        with self._engine.read() as db:
            rows = db.execute(STATEMENTS["list_settings"]).fetchall()
        return {row["name"]: row["value"] for row in rows}

    def put_setting(self, name: str, value: str | None) -> None:
        self.put_settings({name: value})

    def put_settings(self, values: Mapping[str, str | None]) -> None:
        with self._engine.write() as db:
            for name, value in values.items():
                if value is None:
                    db.execute(STATEMENTS["drop_setting"], {"name": name})
                else:
                    db.execute(STATEMENTS["put_setting"], {"name": name, "value": value})

    def raise_setting(self, name: str) -> None:
        with self._engine.write() as db:
            db.execute(STATEMENTS["raise_setting"], {"name": name})

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
        with self._engine.read() as db:
            place = _AFTER_ALL_ROWS
            if before:
                row = db.execute(STATEMENTS["place_in_search"], {"words": words, "job_id": before}).fetchone()
                place = row["place"] if row else place
            asked = {"words": words, "before": place, "limit": limit, "status": status, "kind": kind}
            asked |= {"since": since, "until": until or AFTER_ALL_IDS}
            rows = db.execute(STATEMENTS["search_jobs"], asked).fetchall()
        return [read_job(row) for row in rows]


def _match(text: str) -> str:
    """As FTS5 has it: every word as a prefix, each a quoted string, so that none is an operator."""
    parts = text.replace("\0", " ").split()[:_MOST_WORDS]
    words = (part.replace('"', '""') for part in parts if any(letter.isalnum() for letter in part))
    return " ".join(f'"{word}"*' for word in words)
