"""Sign-in: the one admin password, asked for on a page; a signed cookie remembers it.

Attempts are counted in the store, so that the limit holds across processes and restarts. Signing out
everywhere raises a number that every cookie carries.
"""

import hmac
from urllib.parse import urlsplit

from flask import Blueprint, redirect, render_template, request, session, url_for
from itsdangerous import BadData, URLSafeTimedSerializer
from pydantic import SecretStr
from werkzeug.wrappers import Response as Answer

from relay.store.contract.admin import AccessStore
from relay.web.pages import time_format
from relay.web.pages.base import Guard, done, error_page, now, pages

MOST_TRIES = 5
TRIES_SPAN_MS = 300_000
EPOCH = "signed_out_everywhere"  # the setting whose number cookies carry
LINK_SECONDS = 300  # how long a sign-in link works
_ADMIN = "admin"


def admin_guard(store: AccessStore, password: SecretStr | None) -> Guard:
    """A function for `before_request`: None lets the request in, a response refuses it."""

    def guard() -> Answer | None:
        if password is None:
            return error_page(
                403,
                title="These pages need a password",
                sentence="Set ADMIN_PASSWORD in the relay's environment and restart the relay.",
            )
        if is_admin(store):
            return None
        if request.path.endswith(".json") or request.method != "GET":
            return error_page(401, title="You are signed out", sentence="Sign in, then try again.")
        return redirect(url_for("access.sign_in", next=request.full_path.rstrip("?")), 303)

    return guard


def is_admin(store: AccessStore) -> bool:
    return session.get("role") == _ADMIN and session.get("epoch") == (store.setting(EPOCH) or "0")


def sign_in_path(secret_key: str) -> str:
    """A path that signs in without the password, for LINK_SECONDS: for a command that opens the browser."""
    return f"/login/{_links(secret_key).dumps(_ADMIN)}"


def blueprint(store: AccessStore, password: SecretStr | None, secret_key: SecretStr) -> Blueprint:
    routes = pages("access", lambda: None)

    @routes.get("/login")
    def sign_in() -> str | Answer:
        if password is not None and is_admin(store):
            return redirect(safe_next(request.args.get("next", "")), 303)
        return _form("")

    @routes.post("/login")
    def check() -> Answer | tuple[str, int]:
        if password is None:
            return _form("Set ADMIN_PASSWORD in the relay's environment and restart the relay."), 403
        who = request.remote_addr or "unknown"
        tries = store.take_login_attempt(who, now=now(), most=MOST_TRIES, span=TRIES_SPAN_MS)
        if tries.wait_until is not None:
            wait = time_format.span(max(1, (tries.wait_until - now()) // 1000))
            return _form(f"Too many tries. Try again in {wait}."), 429
        given = request.form.get("password", "")
        if not hmac.compare_digest(given.encode(), password.get_secret_value().encode()):
            left = f"{tries.left} {'try' if tries.left == 1 else 'tries'} left."
            return _form(f"That password is not right. {left}"), 401
        store.forget_login_attempts(who)
        _let_in(store, stay=bool(request.form.get("stay")))
        return redirect(safe_next(request.form.get("next", "")), 303)

    @routes.get("/login/<token>")
    def by_link(token: str) -> Answer:
        try:
            _links(secret_key.get_secret_value()).loads(token, max_age=LINK_SECONDS)
        except BadData:
            return done(url_for("access.sign_in"), "This link has expired. Sign in.", well=False)
        _let_in(store, stay=False)
        return redirect("/", 303)

    @routes.post("/logout")
    def sign_out() -> Answer:
        if request.form.get("everywhere") and is_admin(store):
            store.raise_setting(EPOCH)
        session.clear()
        return done(url_for("access.sign_in"), "You are signed out.")

    return routes


def _let_in(store: AccessStore, *, stay: bool) -> None:
    session.clear()
    session.update(role=_ADMIN, epoch=store.setting(EPOCH) or "0")
    session.permanent = stay


def _links(secret_key: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(secret_key, salt="sign-in link")


def safe_next(target: str) -> str:
    """The path if it is one of this app; any spelling of another site's address becomes the first page."""
    plain = target.startswith("/") and not target.startswith(("//", "/\\")) and target.isprintable()
    parts = urlsplit(target) if plain and "\\" not in target else None
    return target if parts and not parts.netloc and not parts.scheme else "/"


def _form(fault: str) -> str:
    target = request.values.get("next", "")
    return render_template("sign_in.html", fault=fault, next=safe_next(target) if target else "")
