"""Slack: each result as a message in a channel, by a bot token (preferred) or an incoming webhook."""

import re
from collections.abc import Mapping
from typing import Any

from pydantic import Field, SecretStr, ValidationInfo, field_validator

from connectors.base import CheckResult, Connector, Done, Files, Memory, NotYet, Options, Pace
from connectors.option_types import SecretUrl
from connectors.slack.bot import Bot
from connectors.slack.client import Api
from connectors.slack.incoming_webhook import IncomingWebhook
from relay.http.client import Http, check_url
from relay.models.core import Result

_HOSTS = ("hooks.slack.com", "hooks.slack-gov.com")
_TOKEN = re.compile(r"xoxb-[A-Za-z0-9-]+")
_CHANNEL = re.compile(r"[CGD][A-Z0-9]{2,30}")


class SlackOptions(Options):
    """Either a bot token and a channel, or an incoming webhook, which belongs to one channel."""

    webhook_url: SecretUrl | None = Field(
        None,
        title="Incoming webhook",
        description="The simple way. In Slack: your app, Incoming Webhooks, Add New Webhook to Workspace. "
        "Choose the channel and copy the address. Each status is a new message.",
        examples=["https://hooks.slack.com/services/T0000/B0000/xxxxxxxxxxxx"],
    )
    bot_token: SecretStr | None = Field(
        None,
        title="Bot token",
        description="The better way: one message per generation that is kept up to date, a thread per batch. "
        "In Slack: your app, OAuth & Permissions, Bot User OAuth Token. Scopes: chat:write, and "
        "channels:history and channels:read (groups:... in a private channel).",
        examples=["xoxb-0000-0000-xxxxxxxxxxxx"],
        validate_default=True,
    )
    channel: str = Field(
        "",
        title="Channel",
        description="For a bot token: the channel's id, not its name. In Slack: open the channel's details, "
        "it is at the very bottom. Invite the app there with /invite.",
        examples=["C0123456789"],
        validate_default=True,
    )

    @field_validator("webhook_url")
    @classmethod
    def _is_a_hook_of_slack(cls, value: SecretStr | None) -> SecretStr | None:
        if value is None:
            return value
        parsed = check_url(value.get_secret_value())
        if parsed.scheme != "https" or parsed.authority not in _HOSTS or parsed.path == "/":
            raise ValueError("must be an incoming webhook of Slack: https://hooks.slack.com/services/...")
        return value

    @field_validator("bot_token")
    @classmethod
    def _is_the_only_way(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if value is None and info.data.get("webhook_url", value) is None and "webhook_url" in info.data:
            raise ValueError("enter this and a channel, or an incoming webhook")
        if value is not None and info.data.get("webhook_url") is not None:
            raise ValueError("there is an incoming webhook already; leave one of the two empty")
        if value is not None and not _TOKEN.fullmatch(value.get_secret_value()):
            raise ValueError("must be a bot token, which begins with xoxb-")
        return value

    @field_validator("channel")
    @classmethod
    def _belongs_to_a_token(cls, value: str, info: ValidationInfo) -> str:
        token = info.data.get("bot_token")
        if token is not None and not value:
            raise ValueError("enter the id of the channel that the bot posts to, such as C0123456789")
        if value and token is None and "bot_token" in info.data:
            raise ValueError(
                "belongs to a bot token; an incoming webhook has its own channel. Leave it empty"
            )
        if value and not _CHANNEL.fullmatch(value):
            raise ValueError("must be the channel's id, such as C0123456789, not its name or its address")
        return value


class Slack(Connector):
    """Hands everything to the way that the options name."""

    kind = "slack"
    title = "Slack"
    summary = "A message for each result in a channel, with its picture or link."
    needs = (
        "The simple way: an incoming webhook for one channel.",
        "The better way: a bot token, with the bot invited to the channel.",
        "The token's scopes: chat:write, channels:history and channels:read.",
        "For a private channel: groups:history and groups:read instead of the last two.",
    )
    Options = SlackOptions
    # Slack counts arrivals: a little below its 1/s, so that two that are a second apart never arrive closer.
    pace = Pace(calls_per_second=0.9, concurrency=1)

    def __init__(self, options: SlackOptions, http: Http) -> None:
        self._way: Bot | IncomingWebhook
        if options.bot_token is not None:
            self._way = Bot(Api(options.bot_token.get_secret_value(), http), options.channel)
        elif options.webhook_url is not None:
            self._way = IncomingWebhook(options.webhook_url.get_secret_value(), http)
        else:
            raise ValueError("no way to Slack; the options are not checked")

    @property
    def target(self) -> str:
        return self._way.target

    def deliver(
        self, result: Result, context: Mapping[str, Any], key: str, memory: Memory, files: Files, now: int
    ) -> Done | NotYet:
        return self._way.deliver(result, context, key, memory, now)

    def check(self) -> CheckResult:
        return self._way.check()

    def test(self, key: str, now: int) -> CheckResult:
        return self._way.test(now)

    def remove_test(self, written: Mapping[str, str]) -> CheckResult:
        return self._way.remove_test(written)
