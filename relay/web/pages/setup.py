"""Setup: what has to work, each looked at the way it will be used, and what to do where it does not."""

import json
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import asdict, dataclass

from flask import Blueprint, render_template, request, url_for
from werkzeug.wrappers import Response as Answer

from relay.generation import sample_job
from relay.models.core import ConnectionState
from relay.models.job import JobStatus
from relay.store.contract.admin import AccessStore
from relay.web.api.operation import Desk
from relay.web.health import LEAST_FREE_BYTES
from relay.web.pages.base import Guard, done, now, pages
from relay.web.pages.status_labels import Word
from relay.web.pages.system_info import Said, Surroundings

_PATIENCE_SECONDS = 20  # hosts give up on a page after 30
_LOOKED_AT = 50  # of the newest events, for one that was signed
_WORDS = {
    True: Word("Works", "good", "check"),
    False: Word("Needs you", "bad", "hand"),
    None: Word("Not checked yet", "waiting", "clock"),
}

_NO_ADDRESS = Said(
    False,
    "PUBLIC_URL is not set, so CreativeAI does not know where to send results. They are found by asking.",
    "Set PUBLIC_URL where the relay runs to its https address, and start it again.",
)
_NO_KEY = Said(
    False,
    "There is no key yet: results can be received, but nothing can be started.",
    "Copy it from CreativeAI (Dashboard, API Keys) into CREATIVEAI_API_KEY, and start the relay again.",
)


@dataclass(frozen=True, slots=True)
class Card:
    """`ok` None: nobody looked yet. `at`: when it was looked at, or when it happened; in ms."""

    name: str
    title: str
    ok: bool | None
    sentence: str
    todo: str = ""
    at: int | None = None

    @property
    def word(self) -> Word:
        return _WORDS[self.ok]


def blueprint(desk: Desk, guard: Guard, store: AccessStore, around: Surroundings) -> Blueprint:
    routes = pages("setup", guard)

    @routes.get("/setup")
    def page() -> str:
        cards = [
            _checked(store, "address", "Public address", around.public_url, _NO_ADDRESS),
            _checked(store, "key", "CreativeAI key", desk.account, _NO_KEY),
            _signed(desk, around),
            _connections(desk),
            _storage(desk, around),
            _first_job(desk),
        ]
        return render_template(
            "setup.html", cards=cards, around=around, has_key=bool(desk.account), key=now()
        )

    @routes.post("/setup/check")
    def check() -> Answer:
        checks: dict[str, tuple[str, Callable[[], Said]]] = {
            "address": (around.public_url, around.address),
            "key": (desk.account, around.key),
        }
        if desk.account:  # counted, also where there is no room for it: somebody waits for the answer
            desk.store.take_request(desk.account, desk.limits, now=now())
        found = _carried_out({name: look for name, (about, look) in checks.items() if about})
        for name, said in found.items():
            kept = asdict(said) | {"about": checks[name][0], "at": now()}
            store.put_setting(f"setup.{name}", json.dumps(kept))
        well = all(said.ok for said in found.values())
        told = "Checked: what was looked at works." if well else "Checked: something needs you."
        return done(url_for(".page"), told, well=well)

    @routes.post("/setup/signed")
    def send_signed() -> Answer:
        said = _carried_out({"signed": around.signed})["signed"]
        return done(url_for(".page"), f"{said.sentence} {said.todo}".strip(), well=said.ok)

    @routes.post("/setup/sample")
    def try_sample() -> Answer:
        created, _ = sample_job.create(
            desk.store,
            desk.route,
            status="completed",
            context={"title": "A sample"},
            link=desk.sample_link,
            idempotency_key=f"setup:{request.form.get('key', '')[:64]}",
            now=now(),
        )
        return done(url_for("job.page", job_id=created.job_id), "A sample: this is how a result arrives.")

    return routes


def _carried_out(checks: Mapping[str, Callable[[], Said]]) -> dict[str, Said]:
    """All at the same time, none for longer than somebody waits for a page."""
    pool = ThreadPoolExecutor(max_workers=max(1, len(checks)))
    asked = {name: pool.submit(look) for name, look in checks.items()}
    wait(asked.values(), timeout=_PATIENCE_SECONDS)
    pool.shutdown(wait=False)
    late = Said(False, f"There was no answer within {_PATIENCE_SECONDS} seconds.", "Check again in a moment.")
    return {name: each.result() if each.done() else late for name, each in asked.items()}


def _checked(store: AccessStore, name: str, title: str, about: str, missing: Said) -> Card:
    """What the last check said, if it was of what is set now."""
    if not about:
        return Card(name, title, False, missing.sentence, missing.todo)
    kept = json.loads(store.setting(f"setup.{name}") or "{}")
    if kept.get("about") != about:
        return Card(name, title, None, "Check it to know whether it works.")
    return Card(name, title, kept["ok"], kept["sentence"], kept["todo"], kept["at"])


def _signed(desk: Desk, around: Surroundings) -> Card:
    title = "Signed webhooks"
    names = list(around.secrets())
    if not names:
        todo = "Enter the secret in the settings, or set CREATIVEAI_API_KEY where the relay runs."
        return Card("signed", title, False, "No secret is set, so every webhook is refused.", todo)
    last = next((each for each in desk.store.events(limit=_LOOKED_AT) if each.secret), None)
    if last is None:
        words = "None has come yet. They are verified with " + ", ".join(names) + "."
        return Card("signed", title, None, words, "Send yourself a signed test.")
    return Card("signed", title, True, f"The last one was signed with {last.secret}.", "", last.received_at)


def _connections(desk: Desk) -> Card:
    title, found, pauses = "Where results go", desk.connections(), desk.store.pauses()
    if not found:
        words = "Nothing is connected: results are kept here and go nowhere."
        return Card(
            "connections", title, False, words, "Connect Shopify, Airtable, Sheets, Slack or a webhook."
        )
    bad = [each for each in found if each.state is not ConnectionState.READY or each.name in pauses]
    if bad:
        why = bad[0].fault or (pauses[bad[0].name].why if bad[0].name in pauses else "")
        more = f" So do {len(bad) - 1} more." if len(bad) > 1 else ""
        return Card("connections", title, False, f"{bad[0].name} needs you: {why}{more}", "Mend it there.")
    names = ", ".join(each.name for each in found)
    return Card("connections", title, True, f"Ready: {names}.")


def _storage(desk: Desk, around: Surroundings) -> Card:
    title, health = "Storage", desk.store.health()
    room = f"{health.free_bytes // 1_000_000} MB are free."
    files = around.archive[1]
    if not (health.writable and health.migrated):
        fault = health.fault or "The database's tables are not up to date."
        return Card(
            "storage", title, False, fault, "Start the relay again; if that does not help, see its log."
        )
    if around.disk_is_wiped:
        todo = "Use a host with a disk that stays, or take a backup (Settings) before each restart."
        return Card("storage", title, False, f"This host wipes its disk at least once a day. {files}", todo)
    if health.free_bytes < LEAST_FREE_BYTES:
        return Card("storage", title, False, f"The disk is almost full: {room}", "Make room on the disk.")
    return Card("storage", title, True, f"The disk stays; {room} {files}")


def _first_job(desk: Desk) -> Card:
    title = "First result"
    job = next(iter(desk.store.jobs(limit=1, status=JobStatus.COMPLETED)), None)
    if job is None:
        return Card(
            "job", title, None, "Nothing has been made yet.", "Try it with sample data: it costs nothing."
        )
    return Card("job", title, True, "The last one is ready.", "", job.settled_at or job.created_at)
