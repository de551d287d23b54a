"""The page that asks for the admin password, and signing out.

Attempts are counted in the store, so that the limit holds across processes and restarts. Strangers lock
nobody else out: the limit is each client's own, a browser that has signed in before is counted apart from its
address, and what all addresses do together only slows down those that have never signed in.
"""

import logging
from contextlib import suppress
from typing import Protocol
from urllib.parse import urlsplit

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Answer

from relay.errors import StoreBusyError
from relay.security.client_address import network
from relay.store.contract.access_log import AccessKind, AccessLogStore, AccessNote
from relay.store.contract.admin import AccessStore, LoginAttempts, Slowdown
from relay.web import client
from relay.web.auth import Admin
from relay.web.pages import time_format
from relay.web.pages.base import done, now, pages

MOST_TRIES = 5
TRIES_SPAN_MS = 300_000
SHARED_PAUSE_MS = 10_000  # between tries, after MOST_TRIES, from an address that many clients may share
ALL_ADDRESSES = Slowdown(most=30, pause=1_000)
MOST_ENTRIES = 20  # an hour, of addresses with wrong passwords

log = logging.getLogger(__name__)


class Store(AccessStore, AccessLogStore, Protocol):
    """Attempts to sign in, and the list of them."""


def blueprint(store: Store, admin: Admin) -> Blueprint:
    routes = pages("access", lambda: None)

    @routes.get("/login")
    def sign_in() -> str | Answer:
        if admin.is_signed_in():
            return redirect(safe_next(request.args.get("next", "")), 303)
        return _form("")

    @routes.post("/login")
    def check() -> Answer | tuple[str, int] | tuple[str, int, dict[str, str]]:
        if not admin.has_password:
            return _form("Set ADMIN_PASSWORD in the relay's environment and restart the relay."), 403
        who, browser = network(client.address()), admin.known_browser()
        tries = _take_attempt(store, who, browser)
        if tries.wait_until is not None:
            return _wait(tries.wait_until, by_others=tries.by_others)
        if not admin.is_password(request.form.get("password", "")):
            log.warning("wrong password", extra={"sender": client.address()})
            with suppress(StoreBusyError):  # the log has it, and it is counted: the answer stays the same
                store.note_wrong_password(who, now=now(), most=MOST_ENTRIES)
            left = f"{tries.left} {'try' if tries.left == 1 else 'tries'} left."
            return _form(f"That password is not right. {left}"), 401
        _note(store, AccessKind.SIGNED_IN, "password")
        store.forget_login_attempts(who, browser)
        admin.sign_in(stay=bool(request.form.get("stay")))
        return redirect(safe_next(request.form.get("next", "")), 303)

    @routes.get("/login/<token>")
    def by_link(token: str) -> Answer:
        if not admin.is_link(token):
            return done(url_for("access.sign_in"), "This link has expired. Sign in.", well=False)
        _note(store, AccessKind.SIGNED_IN, "link")
        admin.sign_in(stay=False)
        return redirect("/", 303)

    @routes.post("/logout")
    def sign_out() -> Answer:
        note = AccessNote(AccessKind.SIGNED_OUT_EVERYWHERE, now(), remote_addr=network(client.address()))
        admin.sign_out(everywhere=note if request.form.get("everywhere") else None)
        return done(url_for("access.sign_in"), "You are signed out.")

    return routes


def _take_attempt(store: Store, who: str, browser: str) -> LoginAttempts:
    has_own_address = client.has_own_address()
    familiar = bool(browser) or (has_own_address and store.has_signed_in_from(who))
    return store.take_login_attempt(
        who,
        now=now(),
        most=MOST_TRIES,
        span=TRIES_SPAN_MS,
        pause=None if has_own_address or browser else SHARED_PAUSE_MS,
        browser=browser,
        overall=None if familiar else ALL_ADDRESSES,
    )


def _wait(until: int, *, by_others: bool) -> tuple[str, int, dict[str, str]]:
    seconds = max(1, -((now() - until) // 1000))
    again = f"Try again in {time_format.span(seconds)}."
    if by_others:
        why = "Many wrong passwords are being tried from other addresses, so signing in is slowed down."
        again += " Browsers that have signed in before are not slowed down."
    else:
        why = "Too many tries."
    return _form(f"{why} {again}"), 429, {"Retry-After": str(seconds)}


def _note(store: Store, kind: AccessKind, subject: str) -> None:
    store.note_access(AccessNote(kind, now(), subject, network(client.address())))
    log.info("signed in", extra={"by": subject, "sender": client.address()})


def safe_next(target: str) -> str:
    """The path if it is one of this app; any spelling of another site's address becomes the first page."""
    plain = target.startswith("/") and not target.startswith(("//", "/\\")) and target.isprintable()
    parts = urlsplit(target) if plain and "\\" not in target else None
    return target if parts and not parts.netloc and not parts.scheme else "/"


def _form(fault: str) -> str:
    target = request.values.get("next", "")
    return render_template("sign_in.html", fault=fault, next=safe_next(target) if target else "")
