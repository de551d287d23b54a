"""What a bot token is good for in a channel, in words; and a test message that can be removed.

https://docs.slack.dev/reference/methods/auth.test, .../conversations.info, .../chat.delete
"""

from collections.abc import Mapping

from connectors.base import CheckResult
from connectors.slack.blocks import TEST
from connectors.slack.client import Api, SlackResponse

_HISTORY = ("channels:history", "groups:history")
_BLIND = (
    "Without the scope channels:history (in a private channel groups:history) a message may appear twice, "
    "marked as such, when Slack's answer was lost."
)


def check(api: Api, channel: str) -> CheckResult:
    """Who the token is, then whether its app is in the channel, as far as its scopes let us see."""
    who = api.read("auth.test", 0)
    if not who.ok:
        raise who.refusal()
    place = api.read("conversations.info", 0, channel=channel)
    known = f"Slack knows this token as {who.data.get('user', '?')} in {who.data.get('team', '?')}."
    scopes = _scopes(who)
    if scopes and "chat:write" not in scopes:
        return CheckResult(False, f"{known} It lacks the scope chat:write. Add it and reinstall the app.")
    sight = f" {_BLIND}" if scopes and scopes.isdisjoint(_HISTORY) else ""
    if place.word == "missing_scope":
        seen = f"Without the scope channels:read only a test message shows whether it may post to {channel}."
        return CheckResult(True, f"{known} {seen}{sight}")
    if not place.ok:
        return CheckResult(False, f"{known} {place.refusal().message}")
    ok, seen = _of_channel(place, str(who.data.get("user", "your app")), scopes)
    return CheckResult(ok, f"{known} {seen}{sight}")


def test(api: Api, channel: str, now: int) -> CheckResult:
    response = api.post(channel, now, {"text": TEST})
    if not response.ok:
        raise response.refusal()
    written = {"channel": str(response.data.get("channel", channel)), "ts": response.ts}
    return CheckResult(True, f"Slack took a test message. It is in the channel {channel}.", written=written)


def remove_test(api: Api, written: Mapping[str, str]) -> CheckResult:
    if not written.get("ts"):
        return CheckResult(False, "Nothing is known of a test message. Delete it in Slack.")
    response = api.write("chat.delete", 0, channel=written.get("channel", ""), ts=written["ts"])
    if response.word == "message_not_found":
        return CheckResult(True, "The test message was gone already.")
    if not response.ok:
        raise response.refusal()
    return CheckResult(True, "The test message is removed.")


def _scopes(who: SlackResponse) -> set[str]:
    """Slack names a token's scopes in a header of its answers; empty where it does not."""
    found = who.answer.headers.get("X-OAuth-Scopes", "")
    return {scope.strip() for scope in found.split(",") if scope.strip()}


def _of_channel(place: SlackResponse, bot: str, scopes: set[str]) -> tuple[bool, str]:
    found = place.data.get("channel")
    channel = found if isinstance(found, dict) else {}
    name = f"#{channel.get('name', '?')}"
    if channel.get("is_archived"):
        return False, f"The channel {name} is archived. Bring it back or choose another one."
    if channel.get("is_member") is False and "chat:write.public" not in scopes:
        return False, f"The bot is not in {name} yet. In that channel, write /invite @{bot}."
    return True, f"The bot can post to {name}."
