"""Who may import whom, who may read the clock and the environment: the walls between the rooms hold.

The tables below are DESIGN's section on imports, word by word. A module that no row knows has no room.
"""

import ast
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("relay", "connectors")

# The vocabulary and the errors: on the standard library, pydantic and their rows below alone.
PLAIN = (
    "relay.model",
    "relay.copies",
    "relay.deliveries",
    "relay.jobs",
    "relay.calls",
    "relay.summaries",
    "relay.errors",
)
FOR_PLAIN = sys.stdlib_module_names | {"pydantic"}
EVERYONE_MAY_IMPORT = ("relay", *PLAIN)
AGAIN = ("relay.ladder", "relay.busy")
ROOMS = ("relay.intake.*", "relay.delivery.*", "relay.generation.*", "relay.archive.*")
STORE = (
    "relay.store.contract",
    "relay.store.reading_contract",
    "relay.store.generation_contract",
    "relay.store.pages_contract",
)
CONNECTIONS = (
    "relay.connections",
    "relay.directory",
    "relay.vault",
    "relay.given",
    "relay.shown",
    "relay.connecting",
)
WIRED = (
    "relay.settings",
    "relay.host",
    "relay.secret_key",
    "relay.shelves",
    "relay.shops",
    "relay.gallery",
    "relay.line",
    "relay.kept_settings",
    "relay.self_checks",
    "relay.webhook_secrets",
    "relay.around",
    "relay.pruning",
    "relay.logs",
    "relay.http",
    "relay.store.*",
    "relay.web.*",
    "connectors.*",
    *ROOMS,
)
COMMANDS = (
    "relay.serve",
    "relay.checks",
    "relay.sample",
    "relay.demo",
    "relay.demo_table",
    "relay.demo_destinations",
    "relay.demo_chain",
    "relay.demo_relay",
    "relay.terminal",
    "relay.entering",
    "relay.cli_connections",
    "relay.cli_entering",
    "relay.cli_tokens",
    "relay.cli_templates",
)  # too long for cli, imported by it alone

# Importer (a pattern, the first that fits counts) -> what of ours it may import besides the above.
MAY_IMPORT: dict[str, tuple[str, ...]] = {
    "relay": (),
    "relay.model": (),
    "relay.copies": (),
    "relay.deliveries": ("relay.model", "relay.copies"),
    "relay.summaries": ("relay.model", "relay.copies"),
    "relay.jobs": (),
    "relay.calls": ("relay.jobs",),
    "relay.errors": (),
    "relay.ladder": (),
    "relay.busy": (),
    "relay.archive_settings": (),
    "relay.limit_settings": (),
    "relay.tokens": (),
    "relay.media": (),
    "relay.media.*": (),
    "relay.host": (),
    "relay.settings": ("relay.archive_settings", "relay.limit_settings", "relay.host", "relay.given"),
    "relay.kept_settings": (
        *("relay.settings", "relay.limit_settings", "relay.given"),
        "relay.store.pages_contract",
    ),
    "relay.around": (
        *("relay.settings", "relay.kept_settings", "relay.line", "relay.self_checks", "relay.shelves"),
        *("relay.http", "relay.webhook_secrets", *STORE, "relay.web.*"),
    ),
    "relay.webhook_secrets": ("relay.vault", "relay.store.pages_contract"),
    "relay.pruning": ("relay.busy", "relay.store.contract"),
    "relay.self_checks": (*("relay.http", "relay.intake.sample", "relay.generation.client"),),
    "relay.secret_key": ("relay.settings",),
    "relay.http": ("relay.sockets", "relay.addresses", "relay.answer", "relay.transfer"),
    "relay.answer": (),
    "relay.transfer": ("relay.answer",),
    "relay.sockets": ("relay.addresses",),
    "relay.addresses": (),
    "relay.logs": (),
    "relay.intake.*": ("relay.intake.*", *STORE, "relay.http"),
    "relay.delivery.*": ("relay.delivery.*", *STORE, *AGAIN, "relay.http", "connectors.base"),
    "relay.generation.confirm": (
        *("relay.generation.*", *STORE),
        "relay.intake.unsigned",  # what is held is read as it was when it came
    ),
    "relay.generation.sample": (
        *("relay.generation.*", *STORE),
        "relay.intake.sample",  # accepted as a webhook is
    ),
    "relay.generation.*": ("relay.generation.*", *STORE, *AGAIN, "relay.http", "relay.intake.accept"),
    "relay.archive.*": ("relay.archive.*", *STORE, *AGAIN, "relay.http"),
    "relay.store.*": ("relay.store.*",),
    "relay.web.*": ("relay.web.*", *STORE, *ROOMS, "relay.media", "relay.tokens"),
    "relay.sandbox.*": ("relay.sandbox.*", "relay.media"),
    "relay.gallery": (),
    "relay.shops": (
        *("relay.directory", "relay.generation.new_products", "relay.intake.shop_webhook"),
        *("relay.web.shop_webhooks", "connectors.shopify"),
    ),
    "relay.shelves": ("relay.settings", "relay.http", *STORE, "relay.archive.*", "relay.delivery.links"),
    "relay.line": (
        *("relay.settings", "relay.kept_settings", "relay.http", "relay.shelves", *STORE),
        *("relay.generation.*", "relay.intake.accept", "relay.intake.events"),
    ),
    "relay.vault": (),
    "relay.given": (),
    "relay.connections": (
        *("relay.vault", "relay.given", "relay.http", "relay.delivery.attempt", *STORE),
        *("connectors", "connectors.base"),
    ),
    "relay.shown": ("relay.connections", "relay.given"),
    "relay.connecting": (
        *("relay.connections", "relay.directory", "relay.shown", "relay.given", "relay.delivery.attempt"),
        *("relay.web.connecting", "connectors", "connectors.base", "connectors.fields", *STORE),
    ),
    "relay.directory": (
        "relay.connections",
        "relay.logs",
        "relay.delivery.attempt",
        *STORE,
        "connectors.base",
    ),
    "relay.app": (*WIRED, *CONNECTIONS),
    "relay.terminal": (*WIRED, *CONNECTIONS, "relay.app"),
    "relay.entering": ("relay.given",),
    "relay.cli_connections": (*WIRED, *CONNECTIONS, "relay.app", *COMMANDS),
    "relay.cli_templates": ("relay.gallery", "relay.terminal"),
    "relay.cli_tokens": ("relay.store.*", "relay.terminal", "relay.tokens"),
    "relay.cli_entering": (*WIRED, *CONNECTIONS, "relay.app", *COMMANDS),
    "relay.__main__": ("relay.cli",),
    "relay.cli": (*WIRED, "relay.app", *COMMANDS, "relay.sandbox.*"),
    "relay.serve": (*WIRED, "relay.app"),
    "relay.checks": (*WIRED, *CONNECTIONS, "relay.app"),
    "relay.sample": (*WIRED, "relay.app"),
    "relay.demo_chain": (*WIRED, "relay.media", "relay.sandbox.*"),
    "relay.demo": (
        *WIRED,
        "relay.demo_chain",
        "relay.demo_relay",
        "relay.demo_table",
        "relay.demo_destinations",
        "relay.sandbox.*",
    ),
    "relay.demo_relay": ("relay.settings", "relay.http", "relay.demo_destinations", "relay.sandbox.*"),
    "relay.demo_table": ("relay.store.reading_contract", "relay.demo_destinations", "relay.sandbox.*"),
    "relay.demo_destinations": ("relay.http", "relay.sandbox.*"),
    "connectors": ("connectors.*",),
    "connectors.base": ("relay.http",),
    "connectors.slack": ("connectors.base", "relay.http", "connectors.slack_*"),
    "connectors.slack_*": ("connectors.base", "relay.http", "connectors.slack_*"),
    "connectors.airtable": ("connectors.base", "connectors.fields", "relay.http", "connectors.airtable_*"),
    "connectors.airtable_*": ("connectors.fields", "relay.http", "connectors.airtable_*"),
    "connectors.shopify": ("connectors.base", "relay.http", "connectors.shopify_*"),
    "connectors.shopify_*": ("connectors.base", "relay.http", "connectors.shopify_*"),
    "connectors.sheets": ("connectors.base", "connectors.fields", "relay.http", "connectors.sheets_*"),
    "connectors.sheets_*": ("connectors.fields", "relay.http", "connectors.sheets_*"),
    "connectors.n8n": ("connectors.base", "connectors.webhook", "relay.http"),
    "connectors.make": ("connectors.base", "connectors.webhook", "relay.http"),
    "connectors.*": ("connectors.base", "relay.http"),
}

# Package of others -> where it may be imported.
ONLY_IN: dict[str, tuple[str, ...]] = {
    "flask": ("relay.app", "relay.web.*", "relay.sandbox.*"),
    "click": ("relay.cli", "relay.terminal", "relay.cli_*"),
    "cryptography": ("relay.vault", "relay.demo_destinations"),
    "boto3": ("relay.archive.s3",),
    "botocore": ("relay.archive.s3",),
    "requests": ("relay.http", "relay.answer", "relay.transfer", "relay.sandbox.*"),
    "google": ("connectors.sheets_*",),
    "sqlite3": ("relay.store.sqlite", "relay.store.sqlite_*"),
    "sqlite_utils": ("relay.store.sqlite", "relay.store.sqlite_*"),
}

# Name -> where it may be used, called or handed on.
ENVIRONMENT = ("os.environ", "os.environb", "os.getenv", "os.putenv", "os.unsetenv")
CLOCK = (  # a stopwatch (time.perf_counter) is not one
    *("time.time", "time.time_ns", "time.monotonic", "time.monotonic_ns"),
    *("time.gmtime", "time.localtime"),
    *("datetime.datetime.now", "datetime.datetime.utcnow", "datetime.datetime.today", "datetime.date.today"),
)
LOOPS = (
    "relay.archive.worker",  # waits for what is due, renews leases
    "relay.directory",  # looks for changes once a second
    "relay.pruning",  # looks for what is too old once a minute
    "relay.webhook_secrets",  # looks for changes once a second, and whether the day of overlap is over
    "relay.generation.queue",  # waits for what is due, renews leases
    "relay.delivery.worker",  # waits for what is due, renews leases
    "relay.store.*",  # waits for a wake-up or the writer's turn; every time that is stored is passed in
    "relay.sandbox.*",  # plays the vendor, who has a clock
    "relay.http",  # deadlines of calls
    "relay.sockets",  # the same
    "relay.transfer",  # the same
)
USED_ONLY_IN: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(ENVIRONMENT, ("relay.settings",)),
    **dict.fromkeys(CLOCK, ("relay.app", "relay.cli", *COMMANDS, "relay.web.*", *LOOPS)),
}


@dataclass(frozen=True)
class Module:
    name: str
    path: Path
    is_package: bool

    @property
    def package(self) -> str:
        return self.name if self.is_package else self.name.rpartition(".")[0]


@dataclass(frozen=True)
class Import:
    """`source` is the module that is loaded; `bound` is the name that now means `full`."""

    line: int
    source: str
    full: str
    bound: str


def fits(name: str, patterns: Iterable[str]) -> bool:
    """`a.*` is the package `a` and all that is in it."""
    return any(fnmatchcase(name, p) or (p.endswith(".*") and name == p[:-2]) for p in patterns)


def modules_of(root: Path) -> dict[str, Module]:
    found = {}
    for path in (path for package in PACKAGES for path in sorted((root / package).rglob("*.py"))):
        parts = path.relative_to(root).with_suffix("").parts
        is_package = parts[-1] == "__init__"
        name = ".".join(parts[:-1] if is_package else parts)
        found[name] = Module(name, path, is_package)
    return found


def imports_of(module: Module, modules: dict[str, Module], tree: ast.Module) -> Iterator[Import]:
    """Every import, also those inside functions and conditions."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                first = alias.name.partition(".")[0]
                full, bound = (alias.name, alias.asname) if alias.asname else (first, first)
                yield Import(node.lineno, alias.name, full, bound)
        elif isinstance(node, ast.ImportFrom):
            parts = module.package.split(".")
            base = parts[: len(parts) + 1 - node.level] if node.level else []
            source = ".".join([*base, *([node.module] if node.module else [])])
            for alias in node.names:
                full = f"{source}.{alias.name}"
                yield Import(
                    node.lineno, full if full in modules else source, full, alias.asname or alias.name
                )


def names_of(tree: ast.Module, aliases: dict[str, str]) -> Iterator[tuple[int, str]]:
    """Line and full dotted name of every name that comes from an import."""
    for node in ast.walk(tree):
        if not isinstance(node, (ast.Attribute, ast.Name)):
            continue
        parts: list[str] = []
        part: ast.expr = node
        while isinstance(part, ast.Attribute):
            parts.append(part.attr)
            part = part.value
        if isinstance(part, ast.Name) and part.id in aliases:
            yield node.lineno, ".".join([aliases[part.id], *reversed(parts)])


def violations_of(module: Module, modules: dict[str, Module]) -> Iterator[str]:
    tree = ast.parse(module.path.read_text(encoding="utf-8"))
    row = next((row for row in MAY_IMPORT if fits(module.name, [row])), None)
    if row is None:
        yield f"{module.name}:1 has no row in MAY_IMPORT"
        return
    besides = () if module.name in PLAIN else EVERYONE_MAY_IMPORT
    imports = list(imports_of(module, modules, tree))
    for each in imports:
        where, package = f"{module.name}:{each.line}", each.source.partition(".")[0]
        if package in PACKAGES:
            if not fits(each.source, (module.name, *besides, *MAY_IMPORT[row])):
                yield f"{where} imports {each.source}"
        elif not fits(module.name, ONLY_IN.get(package, ("*",))) or (
            module.name in PLAIN and package not in FOR_PLAIN
        ):
            yield f"{where} imports {package}"
        if not fits(module.name, USED_ONLY_IN.get(each.full, ("*",))):
            yield f"{where} uses {each.full}"
    for line, full in names_of(tree, {each.bound: each.full for each in imports}):
        if not fits(module.name, USED_ONLY_IN.get(full, ("*",))):
            yield f"{module.name}:{line} uses {full}"


def violations(root: Path) -> list[str]:
    modules = modules_of(root)
    return sorted({each for module in modules.values() for each in violations_of(module, modules)})


def test_every_import_goes_the_way_the_design_allows() -> None:
    assert violations(ROOT) == []


def test_the_walk_sees_the_code() -> None:
    assert {"relay", "relay.model", "relay.settings", "connectors.base"} <= set(modules_of(ROOT))


@pytest.mark.parametrize(
    ("path", "code", "expected"),
    [
        ("relay/model.py", "from relay.settings import Settings", "1 imports relay.settings"),
        ("relay/model.py", "from relay.copies import Copy", "1 imports relay.copies"),
        ("relay/model.py", "import jinja2", "1 imports jinja2"),
        ("relay/http.py", "import relay.settings", "1 imports relay.settings"),
        ("relay/intake/accept.py", "from relay import http, app", "1 imports relay.app"),
        ("relay/intake/accept.py", "from ..store import sqlite", "1 imports relay.store.sqlite"),
        ("relay/delivery/attempt.py", "from connectors import slack", "1 imports connectors.slack"),
        ("relay/delivery/attempt.py", "from relay.intake.accept import x", "1 imports relay.intake.accept"),
        ("relay/generation/queue.py", "from relay.intake.events import x", "1 imports relay.intake.events"),
        ("relay/web/api.py", "from connectors.slack import Slack", "1 imports connectors.slack"),
        ("relay/store/sql.py", "def f():\n    import relay.http", "2 imports relay.http"),
        ("relay/sandbox/media.py", "import relay.store.contract", "1 imports relay.store.contract"),
        ("connectors/slack.py", "from . import webhook", "1 imports connectors.webhook"),
        ("connectors/slack.py", "from relay.settings import read", "1 imports relay.settings"),
        ("relay/app.py", "import relay.serve", "1 imports relay.serve"),
        ("relay/app.py", "import relay.sandbox", "1 imports relay.sandbox"),
        ("relay/utils.py", "", "1 has no row in MAY_IMPORT"),
        ("relay/intake/accept.py", "from flask import request", "1 imports flask"),
        ("relay/serve.py", "import click", "1 imports click"),
        ("connectors/slack.py", "import requests.adapters", "1 imports requests"),
        ("relay/store/sql.py", "import sqlite3", "1 imports sqlite3"),
        ("relay/app.py", "import os\nos.environ['A']", "2 uses os.environ"),
        ("relay/app.py", "import os as system\nsystem.getenv('A')", "2 uses os.getenv"),
        ("relay/app.py", "from os import environ", "1 uses os.environ"),
        ("relay/delivery/policy.py", "import time\ntime.time()", "2 uses time.time"),
        ("relay/delivery/policy.py", "from time import time_ns as now", "1 uses time.time_ns"),
        ("connectors/slack.py", "import time\ndef f(clock=time.monotonic): ...", "2 uses time.monotonic"),
        (
            "connectors/slack.py",
            "from datetime import datetime as D\nD.now()",
            "2 uses datetime.datetime.now",
        ),
        ("relay/intake/events.py", "import datetime\ndatetime.date.today()", "2 uses datetime.date.today"),
    ],
)
def test_a_planted_violation_is_found(tmp_path: Path, path: str, code: str, expected: str) -> None:
    plant(tmp_path, path, code)
    module = path.removesuffix(".py").replace("/", ".")
    assert violations(tmp_path) == [f"{module}:{expected}"]


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("relay/intake/accept.py", "from relay.store.contract import IntakeStore\nfrom relay import model"),
        ("relay/generation/queue.py", "from relay.intake.accept import accept\nfrom relay.http import Http"),
        ("relay/delivery/attempt.py", "from connectors.base import Done"),
        ("relay/delivery/worker.py", "import time\ntime.monotonic()"),
        ("relay/delivery/policy.py", "import time\ntime.sleep(1)"),
        ("relay/web/api.py", "import time\nfrom flask import request\nnow = time.time_ns"),
        ("relay/store/sqlite_waiting.py", "import sqlite3\nfrom relay.store import sql"),
        ("relay/settings.py", "import os\nos.environ"),
        ("relay/cli.py", "import click\nfrom relay import __version__, serve\nimport connectors"),
        ("connectors/__init__.py", "from connectors import slack, webhook"),
    ],
)
def test_what_the_design_allows_passes(tmp_path: Path, path: str, code: str) -> None:
    plant(tmp_path, path, code)
    assert violations(tmp_path) == []


def plant(root: Path, path: str, code: str) -> None:
    """A tree with the modules that the examples import, all empty but one."""
    names = "settings http model app serve store/sqlite store/sql store/contract intake/accept intake/events"
    for name in (*(f"relay/{name}" for name in names.split()), "connectors/slack", "connectors/webhook"):
        file = root / f"{name}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    (root / "relay/__init__.py").touch()
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(code, encoding="utf-8")
