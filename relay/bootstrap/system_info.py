"""What pages are told of the host, and how the relay looks at itself from outside."""

from collections.abc import Callable
from urllib.parse import urlsplit

from relay import diagnostics
from relay.bootstrap import archive, queue
from relay.config.overrides import KeptLimits
from relay.config.settings import Settings
from relay.http.client import Http
from relay.intake.secrets import WebhookSecrets
from relay.store.contract.admin import AccessStore
from relay.web.pages import base as page
from relay.web.pages.system_info import Said, Surroundings
from relay.web.share_tokens import ShareLinks


def make_surroundings(
    settings: Settings,
    store: AccessStore,
    secrets: WebhookSecrets,
    make_http: Callable[..., Http],
    *,
    disk_is_wiped: bool,
) -> Surroundings:
    """`make_http` takes the settings, and hosts of our own that may be called."""
    own = make_http(settings, *filter(None, [urlsplit(settings.own_url).netloc]))
    client = queue.make_client(settings, make_http(settings))

    def address() -> Said:
        ok, sentence = diagnostics.reach(settings.own_url, own)
        todo = (
            "Set PUBLIC_URL to the address under which the internet reaches this relay, and start it again."
        )
        return Said(ok, sentence, "" if ok else todo)

    def key() -> Said:
        if client is None:
            return Said(False, "There is no key yet, so nothing can be started.")
        ok, sentence = diagnostics.count_models(client, page.now())
        todo = (
            "Compare CREATIVEAI_API_KEY with the key in CreativeAI (Dashboard, API Keys), then check again."
        )
        return Said(ok, sentence, "" if ok else todo)

    def signed() -> Said:
        now = page.now()
        ok, sentence = diagnostics.send_sample(
            secrets(), settings.own_url, own, own_url=settings.own_url, status="completed", now=now
        )
        return Said(ok, sentence, "" if ok else "Mend the public address first, then send it again.")

    keys = [settings.secret_key, *settings.secret_key_fallbacks]
    return Surroundings(
        database=settings.database_path,
        public_url=settings.public_url,
        secrets=secrets,
        disk_is_wiped=disk_is_wiped,
        archive=archive.told(settings, disk_is_wiped=disk_is_wiped),
        limits=KeptLimits(settings, store),
        share_links=ShareLinks([each.get_secret_value() for each in keys]),
        address=address,
        key=key,
        signed=signed,
    )
