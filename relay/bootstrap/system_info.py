"""What the settings and setup pages show of the host, and the checks they offer."""

from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

from relay import diagnostics
from relay.bootstrap import archive, queue
from relay.bootstrap.configuration import Configuration
from relay.config.overrides import LimitOverrides
from relay.http.client import Http
from relay.intake.secrets import WebhookSecrets
from relay.store.contract.admin import AccessStore
from relay.web.pages import base as page
from relay.web.pages.system_info import CheckResult, SystemInfo
from relay.web.share_tokens import ShareTokens


def make_system_info(
    configuration: Configuration,
    store: AccessStore,
    secrets: WebhookSecrets,
    make_http: Callable[..., Http],
    *,
    risks: Callable[[], Sequence[str]],
) -> SystemInfo:
    """`make_http` takes the settings, and hosts of this relay that may be called."""
    settings, data = configuration.settings, configuration.data
    own = make_http(settings, *filter(None, [urlsplit(settings.own_url).netloc]))
    client = queue.make_client(settings, make_http(settings))

    def address() -> CheckResult:
        ok, sentence = diagnostics.reach(settings.own_url, own)
        todo = (
            "Set PUBLIC_URL to the address at which the internet reaches this relay, and restart the relay."
        )
        return CheckResult(ok, sentence, "" if ok else todo)

    def key() -> CheckResult:
        if client is None:
            return CheckResult(False, "No API key is set, so jobs cannot be created.")
        ok, sentence = diagnostics.count_models(client, page.now())
        todo = (
            "Compare CREATIVEAI_API_KEY with the key in CreativeAI (Dashboard > API Keys), then check again."
        )
        return CheckResult(ok, sentence, "" if ok else todo)

    def signed() -> CheckResult:
        now = page.now()
        ok, sentence = diagnostics.send_sample(
            secrets(), settings.own_url, own, own_url=settings.own_url, status="completed", now=now
        )
        return CheckResult(
            ok, sentence, "" if ok else "Fix the public address first, then send the test webhook again."
        )

    keys = [settings.secret_key, *settings.secret_key_fallbacks]
    return SystemInfo(
        key_is_in_database=configuration.key_is_in_database,
        public_url=settings.public_url,
        secrets=secrets,
        storage=CheckResult(data.lasts, data.sentence, data.remedy),
        archive=archive.status(settings, files_last=data.files_last),
        risks=risks,
        limits=LimitOverrides(settings, store),
        share_links=ShareTokens([each.get_secret_value() for each in keys]),
        address=address,
        key=key,
        signed=signed,
    )
