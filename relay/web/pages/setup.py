"""Setup: what has to work, each part checked the way it will be used, and what to do where it does not."""

import json
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import asdict, dataclass

from flask import Blueprint, render_template, request, url_for
from werkzeug.wrappers import Response as Answer

from relay.generation.request_job import request_sample
from relay.models.connection import ConnectionState
from relay.models.job import JobStatus
from relay.store.contract.admin import AccessStore
from relay.web.auth import Guard
from relay.web.context import AppContext
from relay.web.health import LEAST_FREE_BYTES
from relay.web.pages.base import done, now, pages
from relay.web.pages.status_labels import StatusLabel
from relay.web.pages.system_info import CheckResult, SystemInfo

_PATIENCE_SECONDS = 20  # hosts give up on a page after 30
_EVENTS_CHECKED = 50  # newest events that are searched for a signed one
_WORDS = {
    True: StatusLabel("OK", "good", "check"),
    False: StatusLabel("Needs attention", "bad", "hand"),
    None: StatusLabel("Not checked", "waiting", "clock"),
}

_KEY_WITH_THE_DATA = (
    "The generated SECRET_KEY is kept there too: anyone who can read the database or a backup of it can read "
    "the secrets of your connections. Set SECRET_KEY to keep them apart."
)
_NO_KEY = CheckResult(
    False,
    "No API key is set: the relay can receive results but cannot create jobs.",
    "Copy the key from CreativeAI (Dashboard > API Keys) into CREATIVEAI_API_KEY and restart the relay.",
)


@dataclass(frozen=True, slots=True)
class SetupCard:
    """`ok` None: not checked yet. `at`: when the check ran, or when the event happened; in ms."""

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
            _checked(store, "address", "Public address", system.public_url, _no_address()),
            _checked(store, "key", "CreativeAI key", ctx.account, _NO_KEY),
            _signed(ctx, system),
            _connections(ctx),
            _storage(ctx, system),
            _first_job(ctx),
            *_safety(system),
        ]
        return render_template("setup.html", cards=cards, system=system, has_key=bool(ctx.account), key=now())

    @routes.post("/setup/check")
    def check() -> Answer:
        checks: dict[str, tuple[str, Callable[[], CheckResult]]] = {
            "address": (system.public_url, system.address),
            "key": (ctx.account, system.key),
        }
        if ctx.account:  # counted, but never refused: a person waits for this page
            ctx.store.take_request(ctx.account, ctx.limits, now=now())
        found = _run({name: run for name, (about, run) in checks.items() if about})
        for name, result in found.items():
            kept = asdict(result) | {"about": checks[name][0], "at": now()}
            store.put_setting(f"setup.{name}", json.dumps(kept))
        if not found:
            message = "Nothing to check yet. Set PUBLIC_URL and CREATIVEAI_API_KEY first."
            return done(url_for(".page"), message, well=False)
        passed = all(result.ok for result in found.values())
        message = "All checks passed." if passed else "Some checks failed. See below what to do."
        return done(url_for(".page"), message, well=passed)

    @routes.post("/setup/signed")
    def send_signed() -> Answer:
        result = _run({"signed": system.signed})["signed"]
        return done(url_for(".page"), f"{result.message} {result.todo}".strip(), well=result.ok)

    @routes.post("/setup/sample")
    def try_sample() -> Answer:
        created = request_sample(
            ctx.store,
            ctx.route,
            status="completed",
            context={"title": "A sample"},
            link=ctx.sample_link,
            idempotency_key=f"setup:{request.form.get('key', '')[:64]}",
            now=now(),
        )
        return done(url_for("job.page", job_id=created.job_id), "Sample created. A result looks like this.")

    return routes


def _run(checks: Mapping[str, Callable[[], CheckResult]]) -> dict[str, CheckResult]:
    """Runs all checks at once, each for as long as a page may take at most."""
    pool = ThreadPoolExecutor(max_workers=max(1, len(checks)))
    running = {name: pool.submit(check) for name, check in checks.items()}
    wait(running.values(), timeout=_PATIENCE_SECONDS)
    pool.shutdown(wait=False)
    late = CheckResult(False, f"No response within {_PATIENCE_SECONDS} seconds.", "Check again in a moment.")
    return {name: each.result() if each.done() else late for name, each in running.items()}


def _no_address() -> CheckResult:
    """Names the address of this page, which hosts such as Heroku do not."""
    here = f", {request.host_url.rstrip('/')} perhaps," if request.is_secure else ""
    return CheckResult(
        False,
        "PUBLIC_URL is not set, so CreativeAI cannot send webhooks. The relay finds results by polling.",
        f"Set PUBLIC_URL in the relay's environment to its https address{here} and restart the relay.",
    )


def _checked(store: AccessStore, name: str, title: str, about: str, missing: CheckResult) -> SetupCard:
    """The last check's result, if it was of the value that is set now."""
    if not about:
        return SetupCard(name, title, False, missing.message, missing.todo)
    kept = json.loads(store.setting(f"setup.{name}") or "{}")
    if kept.get("about") != about or "message" not in kept:  # an earlier version stored other fields
        return SetupCard(name, title, None, "Run the check to see whether this works.")
    return SetupCard(name, title, kept["ok"], kept["message"], kept["todo"], kept["at"])


def _signed(ctx: AppContext, system: SystemInfo) -> SetupCard:
    title = "Signed webhooks"
    names = list(system.secrets())
    if not names:
        todo = "Enter the secret in Settings, or set CREATIVEAI_API_KEY in the relay's environment."
        return SetupCard("signed", title, False, "No secret is set, so every webhook is refused.", todo)
    last = next((each for each in ctx.store.events(limit=_EVENTS_CHECKED) if each.secret), None)
    if last is None:
        sentence = f"No webhook received yet. Signatures are verified with {', '.join(names)}."
        return SetupCard("signed", title, None, sentence, "Send a test webhook.")
    return SetupCard(
        "signed", title, True, f"The latest webhook was signed with {last.secret}.", "", last.received_at
    )


def _connections(ctx: AppContext) -> SetupCard:
    title, found = "Where results go", ctx.connection_statuses(now())
    if not found:
        sentence = "No connections yet: the relay keeps results but sends them nowhere."
        todo = "Connect Shopify, Airtable, Google Sheets, Slack or a webhook."
        return SetupCard("connections", title, False, sentence, todo)
    bad = [name for name, status in found.items() if status.state != ConnectionState.READY]
    if bad:
        more = f" Connections that need attention: {len(bad)}." if len(bad) > 1 else ""
        return SetupCard("connections", title, False, f"{bad[0]}: {found[bad[0]].reason}{more}")
    return SetupCard("connections", title, True, f"Ready: {', '.join(found)}.")


def _storage(ctx: AppContext, system: SystemInfo) -> SetupCard:
    title, health = "Storage", ctx.store.health()
    files = system.archive[1]
    if not (health.writable and health.migrated):
        fault = health.fault or "The database tables are out of date."
        return SetupCard(
            "storage", title, False, fault, "Restart the relay. If that does not help, see its log."
        )
    where = system.storage
    if not where.ok:
        return SetupCard("storage", title, False, f"{where.message} {files}", where.todo)
    said = [where.message, *([_KEY_WITH_THE_DATA] if system.key_is_in_database else []), files]
    if health.free_bytes is not None:
        room = f"{health.free_bytes // 1_000_000} MB free."
        if health.free_bytes < LEAST_FREE_BYTES:
            return SetupCard(
                "storage", title, False, f"The disk is almost full: {room}", "Free up space on the disk."
            )
        said.insert(1, room)
    return SetupCard("storage", title, True, " ".join(said))


def _safety(system: SystemInfo) -> list[SetupCard]:
    """Only where something is at risk."""
    risks = system.risks()
    return [SetupCard("safety", "Safety", False, " ".join(risks))] if risks else []


def _first_job(ctx: AppContext) -> SetupCard:
    title = "First result"
    job = next(iter(ctx.store.jobs(limit=1, status=JobStatus.COMPLETED)), None)
    if job is None:
        return SetupCard(
            "job", title, None, "No completed job yet.", "Create a sample result: no credits are spent."
        )
    return SetupCard("job", title, True, "The latest job is completed.", "", job.settled_at or job.created_at)
