"""The access log in words: sign-ins, wrong passwords, tokens and secrets."""

from collections.abc import Sequence
from dataclasses import dataclass

from relay.store.contract.access_log import AccessEntry, AccessKind

WEBHOOK_SECRET = "CreativeAI webhooks"  # noqa: S105 - the subject of a note
_WORDS = {
    AccessKind.SIGNED_IN: "Signed in",
    AccessKind.WRONG_PASSWORD: "Wrong password",
    AccessKind.SIGNED_OUT_EVERYWHERE: "Signed out everywhere",
    AccessKind.TOKEN_CREATED: "API token created",
    AccessKind.TOKEN_REVOKED: "API token revoked",
    AccessKind.SECRET_CHANGED: "Secret saved",
    AccessKind.SECRET_REMOVED: "Secret removed",
    AccessKind.ENVIRONMENT_SECRET_CHANGED: "Secret changed",
}
_NAMELESS = {
    AccessKind.WRONG_PASSWORD: "many addresses",
    AccessKind.ENVIRONMENT_SECRET_CHANGED: "the environment",
}
_BY_LINK = {"password": "", "link": "with a sign-in link"}


@dataclass(frozen=True, slots=True)
class Line:
    """`failed`: somebody tried and did not get in."""

    at: int
    what: str
    subject: str
    source: str
    failed: bool


def lines(entries: Sequence[AccessEntry]) -> list[Line]:
    return [_line(each) for each in entries]


def _line(entry: AccessEntry) -> Line:
    what = _WORDS[entry.kind] + (f", {entry.times} times" if entry.times > 1 else "")
    subject = _BY_LINK.get(entry.subject, "") if entry.kind is AccessKind.SIGNED_IN else entry.subject
    source = entry.remote_addr or _NAMELESS.get(entry.kind, "the command line")
    return Line(entry.at, what, subject, source, failed=entry.kind is AccessKind.WRONG_PASSWORD)
