"""`relay check`: what would work, what would not, and what to do about it. Sends and stores nothing."""

from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

from relay.app import Configuration, make_destinations, make_http, make_store
from relay.errors import RemoteError

_MARKS = {True: "ok  ", False: "BAD ", None: "note"}


def run(configuration: Configuration, say: Callable[[str], object]) -> int:
    """The exit code: 1 when anything is bad."""
    findings = list(_findings(configuration))
    for ok, sentence in findings:
        say(f"{_MARKS[ok]}  {sentence}")
    return 1 if any(ok is False for ok, _ in findings) else 0


def _findings(configuration: Configuration) -> Iterator[tuple[bool | None, str]]:
    settings = configuration.settings
    names = ", ".join(settings.webhook_secrets)
    yield (
        bool(names),
        f"Webhooks are verified with {names}."
        if names
        else "No webhook can be accepted: set CREATIVEAI_WEBHOOK_SECRET or CREATIVEAI_API_KEY.",
    )
    yield from _storage(configuration)
    yield _public_address(configuration)
    if settings.admin_password is None:
        yield None, "ADMIN_PASSWORD is not set: nobody can open the page."
    destinations = make_destinations(configuration, make_http(settings))
    if not destinations:
        yield (
            None,
            "No connection is set up: results are kept and go nowhere. Set WEBHOOK_URL or SLACK_WEBHOOK_URL.",
        )
    for name, destination in destinations.items():
        try:
            checked = destination.connector.check()
        except RemoteError as error:
            yield False, f"{name}: {destination.masked(error.message)}"
        else:
            yield checked.ok, f"{name}: {checked.sentence}"


def _storage(configuration: Configuration) -> Iterator[tuple[bool | None, str]]:
    store = make_store(configuration.settings)
    health = store.health()
    store.close()
    path = configuration.settings.database_path
    if not health.writable:
        yield False, f"{path}: {health.fault}"
    else:
        yield True, f"{path} can be written; {health.free_bytes // 1_000_000} MB are free."
    if configuration.disk_is_wiped:
        yield False, "This host wipes its disk at least once a day: history is lost at every restart."


def _public_address(configuration: Configuration) -> tuple[bool | None, str]:
    address = configuration.settings.public_url
    if not address:
        return None, "PUBLIC_URL is not set: CreativeAI needs an address of ours to call."
    try:
        answer = make_http(configuration.settings, urlsplit(address).netloc).send("GET", address + "/healthz")
    except RemoteError as error:
        return False, f"{address} was not reached, so webhooks will not arrive: {error.message}"
    if answer.status != 200:
        return False, f"{address} answered {answer.status} to /healthz: is it this relay?"
    return True, f"{address} reaches this relay."
