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
from relay.web.auth import Guard
from relay.web.context import AppContext
from relay.web.health import LEAST_FREE_BYTES
from relay.web.pages.base import done, now, pages
from relay.web.pages.status_labels import StatusLabel
from relay.web.pages.system_info import CheckResult, SystemInfo

_PATIENCE_SECONDS = 20  # hosts give up on a page after 30
_LOOKED_AT = 50  # of the newest events, for one that was signed
_WORDS = {
    True: StatusLabel("Works", "good", "check"),
    False: StatusLabel("Needs you", "bad", "hand"),
    None: StatusLabel("Not checked yet", "waiting", "clock"),
}

_NO_ADDRESS = CheckResult(
    False,
    "PUBLIC_URL is not set, so CreativeAI does not know where to send results. They are found by asking.",
    "Set PUBLIC_URL where the relay runs to its https address, and start it again.",
)
_NO_KEY = CheckResult(
    False,
    "There is no key yet: results can be received, but nothing can be started.",
    "Copy it from CreativeAI (Dashboard, API Keys) into CREATIVEAI_API_KEY, and start the relay again.",
)


@dataclass(frozen=True, slots=True)
class SetupCard:
    """`ok` None: nobody looked yet. `at`: when it was looked at, or when it happened; in ms."""

    name: str
    title: str
    ok: bool | None
    sentence: str
    todo: str = ""
    at: int | None = None

    @property
    def word(self) -> StatusLabel:
        return _WORDS[self.ok]


def blueprint(ctx: AppContext, guard: Guard, store: AccessStore, system: SystemInfo) -> Blueprint:
    routes = pages("setup", guard)

    @routes.get("/setup")
    def page() -> str:
        cards = [
            _checked(store, "address", "Public address", system.public_url, _NO_ADDRESS),
            _checked(store, "key", "CreativeAI key", ctx.account, _NO_KEY),
            _signed(ctx, system),
            _connections(ctx),
            _storage(ctx, system),
            _first_job(ctx),
        ]
        return render_template("setup.html", cards=cards, system=system, has_key=bool(ctx.account), key=now())

    @routes.post("/setup/check")
    def check() -> Answer:
        checks: dict[str, tuple[str, Callable[[], CheckResult]]] = {
            "address": (system.public_url, system.address),
            "key": (ctx.account, system.key),
        }
        if ctx.account:  # counted, also where there is no room for it: somebody waits for the answer
            ctx.store.take_request(ctx.account, ctx.limits, now=now())
        found = _carried_out({name: look for name, (about, look) in checks.items() if about})
        for name, said in found.items():
            kept = asdict(said) | {"about": checks[name][0], "at": now()}
            store.put_setting(f"setup.{name}", json.dumps(kept))
        well = all(said.ok for said in found.values())
        told = "Checked: what was looked at works." if well else "Checked: something needs you."
        return done(url_for(".page"), told, well=well)

    @routes.post("/setup/signed")
    def send_signed() -> Answer:
        said = _carried_out({"signed": system.signed})["signed"]
        return done(url_for(".page"), f"{said.message} {said.todo}".strip(), well=said.ok)

    @routes.post("/setup/sample")
    def try_sample() -> Answer:
        created, _ = sample_job.create(
            ctx.store,
            ctx.route,
            status="completed",
            context={"title": "A sample"},
            link=ctx.sample_link,
            idempotency_key=f"setup:{request.form.get('key', '')[:64]}",
            now=now(),
        )
        return done(url_for("job.page", job_id=created.job_id), "A sample: this is how a result arrives.")

    return routes


def _carried_out(checks: Mapping[str, Callable[[], CheckResult]]) -> dict[str, CheckResult]:
    """All at the same time, none for longer than somebody waits for a page."""
    pool = ThreadPoolExecutor(max_workers=max(1, len(checks)))
    asked = {name: pool.submit(look) for name, look in checks.items()}
    wait(asked.values(), timeout=_PATIENCE_SECONDS)
    pool.shutdown(wait=False)
    late = CheckResult(
        False, f"There was no answer within {_PATIENCE_SECONDS} seconds.", "Check again in a moment."
    )
    return {name: each.result() if each.done() else late for name, each in asked.items()}


def _checked(store: AccessStore, name: str, title: str, about: str, missing: CheckResult) -> SetupCard:
    """What the last check said, if it was of what is set now."""
    if not about:
        return SetupCard(name, title, False, missing.message, missing.todo)
    kept = json.loads(store.setting(f"setup.{name}") or "{}")
    if kept.get("about") != about or "message" not in kept:  # or a version before kept it otherwise
        return SetupCard(name, title, None, "Check it to know whether it works.")
    return SetupCard(name, title, kept["ok"], kept["message"], kept["todo"], kept["at"])


def _signed(ctx: AppContext, system: SystemInfo) -> SetupCard:
    title = "Signed webhooks"
    names = list(system.secrets())
    if not names:
        todo = "Enter the secret in the settings, or set CREATIVEAI_API_KEY where the relay runs."
        return SetupCard("signed", title, False, "No secret is set, so every webhook is refused.", todo)
    last = next((each for each in ctx.store.events(limit=_LOOKED_AT) if each.secret), None)
    if last is None:
        words = "None has come yet. They are verified with " + ", ".join(names) + "."
        return SetupCard("signed", title, None, words, "Send yourself a signed test.")
    return SetupCard(
        "signed", title, True, f"The last one was signed with {last.secret}.", "", last.received_at
    )


def _connections(ctx: AppContext) -> SetupCard:
    title, found, pauses = "Where results go", ctx.connections(), ctx.store.pauses()
    if not found:
        words = "Nothing is connected: results are kept here and go nowhere."
        return SetupCard(
            "connections", title, False, words, "Connect Shopify, Airtable, Sheets, Slack or a webhook."
        )
    bad = [each for each in found if each.state is not ConnectionState.READY or each.name in pauses]
    if bad:
        why = bad[0].fault or (pauses[bad[0].name].why if bad[0].name in pauses else "")
        more = f" So do {len(bad) - 1} more." if len(bad) > 1 else ""
        return SetupCard(
            "connections", title, False, f"{bad[0].name} needs you: {why}{more}", "Mend it there."
        )
    names = ", ".join(each.name for each in found)
    return SetupCard("connections", title, True, f"Ready: {names}.")


def _storage(ctx: AppContext, system: SystemInfo) -> SetupCard:
    title, health = "Storage", ctx.store.health()
    room = f"{health.free_bytes // 1_000_000} MB are free."
    files = system.archive[1]
    if not (health.writable and health.migrated):
        fault = health.fault or "The database's tables are not up to date."
        return SetupCard(
            "storage", title, False, fault, "Start the relay again; if that does not help, see its log."
        )
    if system.disk_is_wiped:
        todo = "Use a host with a disk that stays, or take a backup (Settings) before each restart."
        return SetupCard(
            "storage", title, False, f"This host wipes its disk at least once a day. {files}", todo
        )
    if health.free_bytes < LEAST_FREE_BYTES:
        return SetupCard(
            "storage", title, False, f"The disk is almost full: {room}", "Make room on the disk."
        )
    return SetupCard("storage", title, True, f"The disk stays; {room} {files}")


def _first_job(ctx: AppContext) -> SetupCard:
    title = "First result"
    job = next(iter(ctx.store.jobs(limit=1, status=JobStatus.COMPLETED)), None)
    if job is None:
        return SetupCard(
            "job", title, None, "Nothing has been made yet.", "Try it with sample data: it costs nothing."
        )
    return SetupCard("job", title, True, "The last one is ready.", "", job.settled_at or job.created_at)
