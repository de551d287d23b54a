"""Settings, and failed attempts to sign in."""

from collections.abc import Mapping

from relay.store.contract.admin import LoginAttempts
from relay.store.sql.repository import Repository


class SqlAdmin(Repository):
    def take_login_attempt(self, who: str, *, now: int, most: int, span: int) -> LoginAttempts:
        with self._database.write() as db:
            db.execute("forget_login_attempts_before", {"before": now - span})
            found = db.fetch_row("count_login_attempts", {"remote_addr": who})
            if found["tries"] >= most:
                return LoginAttempts(0, found["first_at"] + span)
            db.execute("insert_login_attempt", {"remote_addr": who, "now": now})
        return LoginAttempts(most - found["tries"] - 1)

    def forget_login_attempts(self, who: str) -> None:
        with self._database.write() as db:
            db.execute("forget_login_attempts_of", {"remote_addr": who})

    def setting(self, name: str) -> str | None:
        with self._database.read() as db:
            row = db.fetch_one("read_setting", {"name": name})
        return row["value"] if row else None

    def settings(self) -> Mapping[str, str]:
        with self._database.read() as db:
            rows = db.fetch_all("list_settings")
        return {row["name"]: row["value"] for row in rows}

    def put_setting(self, name: str, value: str | None) -> None:
        self.put_settings({name: value})

    def put_settings(self, values: Mapping[str, str | None]) -> None:
        with self._database.write() as db:
            for name, value in values.items():
                if value is None:
                    db.execute("drop_setting", {"name": name})
                else:
                    db.execute("put_setting", {"name": name, "value": value})

    def raise_setting(self, name: str) -> None:
        with self._database.write() as db:
            db.execute("raise_setting", {"name": name})
