"""Bearer tokens of the API, found by their hash: no comparison reveals how near a guess was."""

import contextlib

from relay.errors import StoreBusyError
from relay.models.core import new_id
from relay.models.job import Token
from relay.store.contract.access_log import AccessKind, AccessNote
from relay.store.sql.access_log import insert_note
from relay.store.sql.repository import Repository

USE_NOTED_MS = 60_000  # the use of a token is noted no more often than this


class SqlTokens(Repository):
    def add_token(self, name: str, digest: str, *, now: int, remote_addr: str = "") -> str:
        row = {"id": new_id("tok", now), "name": name, "digest": digest, "now": now}
        with self._database.write() as db:
            db.execute("insert_token", row)
            insert_note(db, AccessNote(AccessKind.TOKEN_CREATED, now, name, remote_addr))
        return str(row["id"])

    def tokens(self) -> list[Token]:
        with self._database.read() as db:
            rows = db.fetch_all("list_tokens")
        return [Token(**dict(row)) for row in rows]

    def revoke_token(self, token_id: str, *, now: int, remote_addr: str = "") -> bool:
        with self._database.write() as db:
            revoked = db.fetch_one("revoke_token", {"id": token_id, "now": now})
            if revoked:
                insert_note(db, AccessNote(AccessKind.TOKEN_REVOKED, now, revoked["name"], remote_addr))
        return revoked is not None

    def token_by_digest(self, digest: str, *, now: int) -> Token | None:
        with self._database.read() as db:
            row = db.fetch_one("find_token", {"digest": digest})
        if row is None:
            return None
        token = Token(**dict(row))
        if token.used_at is None or token.used_at <= now - USE_NOTED_MS:
            with contextlib.suppress(StoreBusyError), self._database.write(patience=0) as db:
                db.execute("note_use_of_token", {"id": token.id, "now": now})
        return token
