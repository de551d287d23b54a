"""What Slack's refusals mean: whose fault it is, and what a person can do.

https://docs.slack.dev/reference/methods/chat.postMessage (errors),
https://docs.slack.dev/changelog/2016-05-17-changes-to-errors-for-incoming-webhooks
"""

from collections.abc import Mapping

from relay.errors import RemoteError, Whose
from relay.http.client import HttpResponse

Fault = tuple[Whose, str]

BUSY = 30.0  # seconds; Slack's advice when a 429 names no time
RATE_LIMITED = ("ratelimited", "rate_limited", "message_limit_exceeded")
# The method may have done its work: so Slack's pages say of each of these.
UNSURE = ("service_unavailable", "internal_error", "fatal_error", "request_timeout")
_BLOCKS_REFUSED = ("invalid_blocks", "msg_blocks_too_long", "downloading image failed", "invalid_attachments")
_NOT_TAKEN = (408, 425)

NEW_HOOK = "Make a new incoming webhook in Slack and enter its address."
RECONNECT = "Install the app in the workspace again and enter its new bot token."
_PICK = "Pick a channel that this webhook may post to."
_ALLOW = "Ask an administrator of the workspace to allow this app to post."
_UNREAD = "The message is not one that Slack reads."
_LONG = "The message is too long for Slack, even without its pictures: open the result in the relay instead."
_NO_TEXT = "The message has no text that Slack can show."
_MOVING = "The workspace is being moved. The relay retries automatically."

HOOK_FAULTS: Mapping[str, Fault] = {
    "invalid_payload": ("record", _UNREAD),
    "invalid_blocks": ("record", _UNREAD),
    "msg_blocks_too_long": ("record", _LONG),
    "no_text": ("record", _NO_TEXT),
    "user_not_found": ("connection", NEW_HOOK),
    "invalid_token": ("connection", NEW_HOOK),
    "no_active_hooks": ("connection", NEW_HOOK),
    "no_service": ("connection", NEW_HOOK),
    "no_team": ("connection", NEW_HOOK),
    "team_disabled": ("connection", "The Slack workspace is switched off."),
    "action_prohibited": ("connection", "Ask an administrator of the workspace to allow this webhook."),
    "posting_to_general_channel_denied": ("connection", _PICK),
    "channel_not_found": ("connection", _PICK),
    "channel_is_archived": ("connection", "Bring the channel back or choose another one."),
}

# The first word that the error begins with counts.
API_FAULTS: Mapping[str, Fault] = {
    "invalid_blocks": ("record", _UNREAD),
    "invalid_attachments": ("record", _UNREAD),
    "msg_blocks_too_long": ("record", _LONG),
    "msg_too_long": ("record", _LONG),
    "too_many_attachments": ("record", _LONG),
    "metadata_too_large": ("record", _LONG),
    "no_text": ("record", _NO_TEXT),
    "invalid_metadata": ("record", _UNREAD),
    "invalid_arg": ("record", _UNREAD),
    "invalid_json": ("record", _UNREAD),
    "json_not_object": ("record", _UNREAD),
    "slack_connect_": ("record", "A channel shared with other companies does not take such a message."),
    "team_added_to_org": ("transient", _MOVING),
    "external_channel_migrating": ("transient", _MOVING),
    "invalid_auth": ("connection", RECONNECT),
    "not_authed": ("connection", RECONNECT),
    "account_inactive": ("connection", RECONNECT),
    "token_revoked": ("connection", RECONNECT),
    "token_expired": ("connection", RECONNECT),
    "not_allowed_token_type": ("connection", "Enter the app's bot token, which begins with xoxb-."),
    "missing_scope": (
        "connection",
        "Add the scope in the app's settings, OAuth & Permissions, and reinstall it.",
    ),
    "no_permission": ("connection", RECONNECT),
    "access_denied": ("connection", _ALLOW),
    "accesslimited": ("connection", _ALLOW),
    "ekm_access_denied": ("connection", _ALLOW),
    "enterprise_is_restricted": ("connection", _ALLOW),
    "team_access_not_granted": ("connection", _ALLOW),
    "org_login_required": ("connection", _ALLOW),
    "two_factor_setup_required": ("connection", _ALLOW),
    "restricted_action": ("connection", f"The channel's settings forbid it. {_ALLOW}"),
    "channel_not_found": (
        "connection",
        "Check the channel's id; into a private channel the app must be invited with /invite @ and its name.",
    ),
    "not_in_channel": ("connection", "In that channel, invite the app with /invite @ and the app's name."),
    "is_archived": ("connection", "Bring the channel back or choose another one."),
    "messages_tab_disabled": ("connection", "Switch on the app's Messages tab, or choose a channel."),
    "deprecated_endpoint": ("connection", "Slack has ended this way of posting. Update the relay."),
    "method_deprecated": ("connection", "Slack has ended this way of posting. Update the relay."),
}


def blocks_are_refused(text: str) -> bool:
    return any(word in text for word in _BLOCKS_REFUSED)


def of_hook(answer: HttpResponse, excerpt: str, now: int) -> RemoteError:
    """What an incoming webhook's answer that is not `ok` means."""
    words = answer.text.strip()[:60]
    if answer.status == 429 or words in RATE_LIMITED:
        return rate_limited(answer, excerpt, now)
    known = next((word for word in HOOK_FAULTS if words.startswith(word)), None)
    if known and answer.status < 500:
        whose, advice = HOOK_FAULTS[known]
        return RemoteError(f"Slack answered: {known}. {advice}", whose, status=answer.status, answer=excerpt)
    return of_status(answer, excerpt, now, NEW_HOOK)


def of_api(word: str, details: str, answer: HttpResponse, excerpt: str) -> RemoteError:
    """What `ok: false` with this error means: a clear no. `details` is what Slack says besides.

    An unknown word is retried: a workspace's new rule may be lifted.
    """
    known = next((each for each in API_FAULTS if word.startswith(each)), None)
    whose, advice = API_FAULTS[known] if known else ("transient", "The relay retries automatically.")
    words = f"{word[:80]} ({details})" if details else word[:80]
    return RemoteError(f"Slack answered: {words}. {advice}", whose, status=answer.status, answer=excerpt)


def rate_limited(answer: HttpResponse, excerpt: str, now: int) -> RemoteError:
    """Its status is 429 also where Slack says it in a 200: the whole channel is to wait."""
    sentence = "Slack asks to wait: too many messages for this channel. The relay retries automatically."
    wait = answer.retry_after(now) or BUSY
    return RemoteError(sentence, retry_after=wait, status=429, answer=excerpt)


def of_status(answer: HttpResponse, excerpt: str, now: int, advice: str, word: str = "") -> RemoteError:
    """What an answer means that is no clear yes or no. `advice` is for a dead address or token."""
    status = answer.status
    if 300 <= status < 400:
        sentence = f"Slack answered with a redirect, which is not followed. {advice}"
        return RemoteError(sentence, "connection", status=status, answer=excerpt)
    if status in (401, 403, 404, 410):
        return RemoteError(f"Slack answered {status}. {advice}", "connection", status=status, answer=excerpt)
    if 400 <= status < 500 and status not in _NOT_TAKEN:
        sentence = f"Slack answered {status}: it does not take this message."
        return RemoteError(sentence, "record", status=status, answer=excerpt)
    return RemoteError(
        f"Slack answered {word if word in UNSURE else status} without a clear yes. "
        "The relay retries automatically.",
        ambiguous=status not in _NOT_TAKEN,
        retry_after=answer.retry_after(now),
        status=status,
        answer=excerpt,
    )
