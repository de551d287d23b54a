"""`relay check`: what works, what does not, and what to do about it. Sends and stores nothing."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from relay import diagnostics
from relay.bootstrap import archive, findings
from relay.bootstrap.app import make_http, make_registry, read_secrets
from relay.bootstrap.configuration import Configuration
from relay.bootstrap.store import make_store
from relay.cli.context import now
from relay.connections import probe
from relay.connections.redaction import view
from relay.connections.status import connection_status
from relay.errors import StoreBusyError
from relay.models.connection import CheckResult, ConnectionState, Pause
from relay.store.contract.core import OF_CONNECTION

Finding = tuple[bool | None, str]

_SET_UP = "Set WEBHOOK_URL or SLACK_WEBHOOK_URL, or use: relay connections add."
_MARKS = {True: "ok  ", False: "BAD ", None: "note"}


def run(configuration: Configuration, say: Callable[[str], object]) -> int:
    """The exit code: 1 when anything is bad."""
    return report(_findings(configuration), say)


def report(findings: Iterable[Finding], say: Callable[[str], object]) -> int:
    code = 0
    for ok, sentence in findings:
        say(f"{_MARKS[ok]}  {sentence}")
        code = 1 if ok is False else code
    return code


def _findings(configuration: Configuration) -> Iterator[Finding]:
    settings = configuration.settings
    secrets = read_secrets(configuration)
    for sentence in findings.no_secret(secrets):
        yield False, sentence
    if secrets:
        yield True, f"Webhooks are verified with {', '.join(secrets)}."
    yield from _storage(configuration)
    yield archive.status(settings, files_last=configuration.data.files_last)
    if settings.public_url:
        yield _public_address(configuration)
    for sentence in findings.missing(settings):
        yield None, sentence
    yield from _connections(configuration, secrets)


def _connections(configuration: Configuration, secrets: Mapping[str, bytes]) -> Iterator[Finding]:
    """The connections, and what is at risk with the secrets that they and webhooks have."""
    store = make_store(configuration.settings)
    registry = make_registry(configuration, store)
    found, pauses = registry.from_environment(), dict[str, Pause]()
    remembered: dict[str, Mapping[str, Any]] = {}
    try:
        if store.health().migrated:  # else nothing was ever stored
            found, pauses = registry.loaded(), store.pauses()
            remembered = {name: store.load_memory(name, OF_CONNECTION) for name in found}
    except StoreBusyError as error:
        yield False, f"The stored connections cannot be read: {error}"
    finally:
        store.close()
    for risk in findings.at_risk(configuration.settings, secrets, found):
        yield False if risk.grave else None, risk.sentence
    if not found:
        yield None, f"No connection is set up: results are stored and not delivered. {_SET_UP}"
    for each in found.values():
        yield of_connection(each.name, probe.check(each, remembered.get(each.name, {})))
        status = connection_status(view(each), pauses.get(each.name), now())
        if status.state == ConnectionState.PAUSED:
            yield None, f"{each.name}: {status.reason}"


def of_connection(name: str, result: CheckResult) -> Finding:
    return result.ok, f"{name}: {result.message}"


def _storage(configuration: Configuration) -> Iterator[Finding]:
    store = make_store(configuration.settings)
    health = store.health()
    store.close()
    data = configuration.data
    free = "" if health.free_bytes is None else f"; {health.free_bytes // 1_000_000} MB are free"
    if not health.writable:
        yield False, f"{data.place}: {health.fault}"
    else:
        yield True, f"{data.place} is writable{free}."
    yield data.lasts, f"{data.sentence} {data.remedy}".rstrip()


def _public_address(configuration: Configuration) -> Finding:
    address = configuration.settings.public_url
    return diagnostics.reach(address, make_http(configuration.settings, urlsplit(address).netloc))
