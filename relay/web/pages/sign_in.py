"""The page that asks for the admin password, and signing out.

Attempts are counted in the store, so that the limit holds across processes and restarts.
"""

import hmac
from urllib.parse import urlsplit

from flask import Blueprint, redirect, render_template, request, url_for
from pydantic import SecretStr
from werkzeug.wrappers import Response as Answer

from relay.store.contract.admin import AccessStore
from relay.web.auth import is_admin, is_sign_in_token, sign_in_admin, sign_out_admin
from relay.web.pages import time_format
from relay.web.pages.base import done, now, pages

MOST_TRIES = 5
TRIES_SPAN_MS = 300_000


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
        sign_in_admin(store, stay=bool(request.form.get("stay")))
        return redirect(safe_next(request.form.get("next", "")), 303)

    @routes.get("/login/<token>")
    def by_link(token: str) -> Answer:
        if not is_sign_in_token(token, secret_key.get_secret_value()):
            return done(url_for("access.sign_in"), "This link has expired. Sign in.", well=False)
        sign_in_admin(store, stay=False)
        return redirect("/", 303)

    @routes.post("/logout")
    def sign_out() -> Answer:
        sign_out_admin(store, everywhere=bool(request.form.get("everywhere")))
        return done(url_for("access.sign_in"), "You are signed out.")

    return routes


def safe_next(target: str) -> str:
    """The path if it is one of this app; any spelling of another site's address becomes the first page."""
    plain = target.startswith("/") and not target.startswith(("//", "/\\")) and target.isprintable()
    parts = urlsplit(target) if plain and "\\" not in target else None
    return target if parts and not parts.netloc and not parts.scheme else "/"


def _form(fault: str) -> str:
    target = request.values.get("next", "")
    return render_template("sign_in.html", fault=fault, next=safe_next(target) if target else "")
