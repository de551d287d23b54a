"""Who is signed in: the one admin, remembered in a signed cookie.

Signing out everywhere raises a number that every cookie carries.
"""

from collections.abc import Callable
from typing import Protocol

from flask import redirect, request, session, url_for
from itsdangerous import BadData, URLSafeTimedSerializer
from pydantic import SecretStr
from werkzeug.wrappers import Response as Answer

from relay.store.contract.admin import AccessStore

EPOCH = "signed_out_everywhere"  # the setting whose number cookies carry
LINK_SECONDS = 300  # how long a sign-in link works
_ADMIN = "admin"

Guard = Callable[[], Answer | None]


class ErrorPage(Protocol):
    def __call__(self, status: int, *, title: str, sentence: str) -> Answer: ...


def admin_guard(store: AccessStore, password: SecretStr | None, error_page: ErrorPage) -> Guard:
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


def sign_in_admin(store: AccessStore, *, stay: bool) -> None:
    """`stay`: also after the browser was closed."""
    session.clear()
    session.update(role=_ADMIN, epoch=store.setting(EPOCH) or "0")
    session.permanent = stay


def sign_out_admin(store: AccessStore, *, everywhere: bool) -> None:
    if everywhere and is_admin(store):
        store.raise_setting(EPOCH)
    session.clear()


def sign_in_path(secret_key: str) -> str:
    """A path that signs in without the password, for LINK_SECONDS: for a command that opens the browser."""
    return f"/login/{_tokens(secret_key).dumps(_ADMIN)}"


def is_sign_in_token(token: str, secret_key: str) -> bool:
    try:
        _tokens(secret_key).loads(token, max_age=LINK_SECONDS)
    except BadData:
        return False
    return True


def _tokens(secret_key: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(secret_key, salt="sign-in link")
