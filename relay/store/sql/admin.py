"""Settings, and failed attempts to sign in."""

from collections.abc import Mapping

from relay.store.contract.access_log import AccessNote
from relay.store.contract.admin import LoginAttempts, Slowdown
from relay.store.sql.access_log import insert_note
from relay.store.sql.repository import Repository

_SLACK = 60_000  # ms: attempts from later than that are of a clock that has been set back


class SqlAdmin(Repository):
    def take_login_attempt(
        self,
        who: str,
        *,
        now: int,
        most: int,
        span: int,
        pause: int | None = None,
        browser: str = "",
        overall: Slowdown | None = None,
    ) -> LoginAttempts:
        row = {"remote_addr": who, "browser": browser, "now": now}
        with self._database.write() as db:
            db.execute("forget_login_attempts_outside", {"before": now - span, "latest": now + _SLACK})
            if browser:
                own = db.fetch_row("count_login_attempts_of_browser", {"browser": browser})
            else:
                own = db.fetch_row("count_login_attempts_of_address", {"remote_addr": who})
            if own["tries"] >= most:
                wait_until = own["first_at"] + span if pause is None else own["last_at"] + pause
                if wait_until > now:
                    return LoginAttempts(0, wait_until)
            if overall and (made := db.fetch_row("count_login_attempts"))["tries"] >= overall.most:
                wait_until = made["last_at"] + overall.pause
                if wait_until > now:
                    return LoginAttempts(0, wait_until, by_others=True)
            db.execute("insert_login_attempt", row)
        return LoginAttempts(max(0, most - own["tries"] - 1))

    def forget_login_attempts(self, who: str, browser: str = "") -> None:
        with self._database.write() as db:
            db.execute("forget_login_attempts_of", {"remote_addr": who, "browser": browser})

    def setting(self, name: str) -> str | None:
        with self._database.read() as db:
            row = db.fetch_one("read_setting", {"name": name})
        return row["value"] if row else None

    def settings(self) -> Mapping[str, str]:
        with self._database.read() as db:
            rows = db.fetch_all("list_settings")
        return {row["name"]: row["value"] for row in rows}

    def put_setting(self, name: str, value: str | None, note: AccessNote | None = None) -> None:
        self.put_settings({name: value}, note)

    def put_settings(self, values: Mapping[str, str | None], note: AccessNote | None = None) -> None:
        with self._database.write() as db:
            for name, value in values.items():
                if value is None:
                    db.execute("drop_setting", {"name": name})
                else:
                    db.execute("put_setting", {"name": name, "value": value})
            if note:
                insert_note(db, note)

    def keep_setting(self, name: str, value: str) -> str:
        with self._database.write() as db:
            db.execute("keep_setting", {"name": name, "value": value})
            return str(db.fetch_row("read_setting", {"name": name})["value"])

    def raise_setting(self, name: str, note: AccessNote | None = None) -> None:
        with self._database.write() as db:
            db.execute("raise_setting", {"name": name})
            if note:
                insert_note(db, note)
