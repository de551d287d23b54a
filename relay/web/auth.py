"""Who is signed in: the one admin, remembered in a signed cookie.

A session ends with the password that began it, and when the admin signs out everywhere, which raises a number
that every cookie carries.
"""

import hashlib
import hmac
import secrets
from collections.abc import Callable, Sequence
from typing import Protocol

from flask import redirect, request, session, url_for
from itsdangerous import BadData, URLSafeTimedSerializer
from pydantic import SecretStr
from werkzeug.wrappers import Response as Answer

from relay.store.contract.access_log import AccessNote
from relay.store.contract.admin import AccessStore
from relay.web import cookies

EPOCH = "signed_out_everywhere"  # the setting whose number cookies carry
LINK_SECONDS = 300  # how long a sign-in link works
_ADMIN = "admin"
_BROWSER = "relay_browser"  # the cookie of a browser that has signed in
_BROWSER_SECONDS = 365 * 86_400

Guard = Callable[[], Answer | None]


class ErrorPage(Protocol):
    def __call__(self, status: int, *, title: str, sentence: str) -> Answer: ...


class Admin:
    """The admin of the current request. `keys`: SECRET_KEY and the earlier ones, the newest first."""

    def __init__(self, store: AccessStore, password: SecretStr | None, keys: Sequence[SecretStr]) -> None:
        self._store = store
        self._password = password.get_secret_value().encode() if password else None
        self._keys = [key.get_secret_value() for key in keys]
        self._digests = [_digest(key, self._password) for key in self._keys] if self._password else []
        self._browsers = URLSafeTimedSerializer(self._keys[::-1], salt="browser that has signed in")

    @property
    def has_password(self) -> bool:
        return self._password is not None

    def is_password(self, given: str) -> bool:
        return self._password is not None and hmac.compare_digest(given.encode(), self._password)

    def is_signed_in(self) -> bool:
        """Raises StoreBusyError."""
        if session.get("role") != _ADMIN or not self._is_of_password(session.get("password")):
            return False
        return bool(session.get("epoch") == (self._store.setting(EPOCH) or "0"))

    def sign_in(self, *, stay: bool) -> None:
        """`stay`: also after the browser was closed."""
        browser = self.known_browser() or secrets.token_hex(8)
        session.clear()
        session.update(role=_ADMIN, epoch=self._store.setting(EPOCH) or "0", password=self._digests[0])
        session.permanent = stay
        token = self._browsers.dumps({"id": browser, "password": self._digests[0]})
        cookies.keep(_BROWSER, str(token), seconds=_BROWSER_SECONDS)

    def sign_out(self, *, everywhere: AccessNote | None) -> None:
        """`everywhere`: in all browsers, if this one is signed in, and the note to keep of it."""
        if everywhere and self.is_signed_in():
            self._store.raise_setting(EPOCH, everywhere)
        session.clear()

    def known_browser(self) -> str:
        """The ID of this browser if it has signed in with the present password; "" else. It opens nothing:
        it only keeps others from locking out who uses it."""
        try:
            found = self._browsers.loads(cookies.read(_BROWSER), max_age=_BROWSER_SECONDS)
        except BadData:
            return ""
        return str(found["id"]) if self._is_of_password(found["password"]) else ""

    def is_link(self, token: str) -> bool:
        """Whether it is a sign-in link's, and not too old."""
        try:
            _links(self._keys[0]).loads(token, max_age=LINK_SECONDS)
        except BadData:
            return False
        return self.has_password

    def guard(self, error_page: ErrorPage) -> Guard:
        """A function for `before_request`: None lets the request in, a response refuses it."""

        def guard() -> Answer | None:
            if not self.has_password:
                return error_page(
                    403,
                    title="These pages need a password",
                    sentence="Set ADMIN_PASSWORD in the relay's environment and restart the relay.",
                )
            if self.is_signed_in():
                return None
            if request.path.endswith(".json") or request.method != "GET":
                return error_page(401, title="You are signed out", sentence="Sign in, then try again.")
            return redirect(url_for("access.sign_in", next=request.full_path.rstrip("?")), 303)

        return guard

    def _is_of_password(self, digest: object) -> bool:
        """One made with an earlier key too: a new SECRET_KEY ends no session."""
        given = str(digest).encode()
        return any(hmac.compare_digest(given, known.encode()) for known in self._digests)


def sign_in_path(secret_key: str) -> str:
    """A path that signs in without the password, for LINK_SECONDS: for a command that opens the browser."""
    return f"/login/{_links(secret_key).dumps(_ADMIN)}"


def _links(secret_key: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(secret_key, salt="sign-in link")


def _digest(key: str, password: bytes) -> str:
    """Says nothing about the password to who reads the cookie and has no key."""
    return hmac.new(key.encode(), b"admin password\0" + password, hashlib.sha256).hexdigest()
