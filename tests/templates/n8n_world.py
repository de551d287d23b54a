"""Everything around one n8n: the sandbox under its real names, a relay, and what stands where at the end.

Nothing in a template is set: bases, sheets, channels and shops have the names that the files come with.
"""

import json
import shutil
import subprocess
import sys
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from relay.demo.destinations import environment_of
from sandbox import API_KEY, SIGNING_SECRET, UNLIMITED, Config, Sandbox, serve
from tests.templates import n8n_network
from tests.templates.n8n_copies import COPIES
from tests.templates.n8n_server import N8n
from tests.wire import RelayProcess, wait_until
from tests.wire.program import ROOT

TEMPLATES = ROOT / "n8n"
SLUGS = sorted(file.parent.name for file in TEMPLATES.glob("*/workflow.json"))
SPEED = 15  # of the vendor's clock: a video takes 10 s
PATIENCE = 480.0  # the relay waits longer than n8n before it asks again
START_KEY = "the start key of the tests"
SHOPIFY_SECRET = "the webhook secret of the shop"
RELAY_SECRET = "the signing secret of the relay"
TEAM = ("team", "the password of the team")
TABLES = {
    "Videos": ("SKU", "Title", "Status", "Job ID", "Generation ID", "Video", "Error"),
    "Films": ("SKU", "Title", "Status", "Picture", "Video", "Voice", "Film", "Error"),
}
BOOK = "your-sheet-id"
COLUMNS = ("SKU", "Title", "Image URL", "Prompt", "Status", "Generation ID", "Video", "Error")


class World:
    """Made by `world`. What it tells of the tools are the things that stand there, oldest first."""

    def __init__(self, sandbox: Sandbox, n8n: N8n, relay: RelayProcess) -> None:
        self.sandbox, self.n8n, self.relay = sandbox, n8n, relay

    def settle(self) -> None:
        """Until nothing is on its way any more. Each is looked at twice: one starts the other."""
        wait_until(lambda: all(self._quiet() for _ in range(2)), PATIENCE)

    def _quiet(self) -> bool:
        return not self.sandbox.pending and not self.n8n.running()

    def command(self, *words: str) -> str:
        """One of the relay's own, in its folder."""
        return subprocess.run(
            [sys.executable, "-m", "relay", *words],
            cwd=ROOT,
            env=self.relay._environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        ).stdout

    def clear(self, tab: str, rows: Sequence[int], book: str = BOOK) -> None:
        """The Status of these rows, as a person empties it. Nothing else may be writing to the tab."""
        values = self._tab(tab, book)
        for row in rows:
            values[row][COLUMNS.index("Status")] = ""
        self._fill(tab, values, book)

    def _tab(self, tab: str, book: str) -> list[list[Any]]:
        """Its rows, the names of the columns first."""
        tabs = self._look(f"sheets/{book}")["tabs"]
        return next(list(each["values"]) for each in tabs if each["title"] == tab)

    def _fill(self, tab: str, values: list[list[Any]], book: str) -> None:
        address = f"{self.sandbox.url}/sandbox/sheets/{book}/{tab}"
        assert requests.put(address, json={"values": values}, timeout=10).ok

    def records(self, table: str) -> list[dict[str, Any]]:
        return [each["fields"] for each in self.records_with_ids(table)]

    def records_with_ids(self, table: str) -> list[dict[str, Any]]:
        tables = self._look("airtable")["tables"]
        return [
            record
            for each in tables
            if (each["base"], each["name"]) == ("appYourBaseId", table)
            for record in each["records"]
        ]

    def delete_record(self, table: str, record: str) -> None:
        address = f"{self.sandbox.url}/sandbox/airtable/appYourBaseId/{table}/{record}"
        assert requests.delete(address, timeout=10).ok

    def rows(self, tab: str, book: str = BOOK) -> list[dict[str, Any]]:
        header, *rows = self._tab(tab, book)
        return [dict(zip(header, row, strict=False)) for row in rows]

    def list_products(self, tab: str, products: list[dict[str, str]], book: str = BOOK) -> None:
        """The tab holds these alone."""
        lines = [[product.get(column, "") for column in COLUMNS] for product in products]
        self._fill(tab, [list(COLUMNS), *lines], book)

    def messages(self) -> list[str]:
        channels = self._look("slack")["channels"]
        return [
            message["text"]
            for channel in channels
            if channel["id"] == "C0YOURCHANNEL"
            for message in channel["messages"]
        ]

    def add_product(self, title: str, sku: str) -> str:
        return str(self._order("shopify/products", {"title": title, "sku": sku})["id"])

    def media(self, product: str) -> list[dict[str, Any]]:
        products = self._look("shopify")["products"]
        return next(list(each["media"]) for each in products if each["id"] == product)

    def _look(self, path: str) -> Any:
        headers = {"Accept": "application/json"}
        return requests.get(f"{self.sandbox.url}/sandbox/{path}", headers=headers, timeout=10).json()

    def _order(self, path: str, body: Any) -> Any:
        answer = requests.post(f"{self.sandbox.url}/sandbox/{path}", json=body, timeout=10)
        assert answer.ok, answer.text
        return answer.json()

    def furnish(self) -> None:
        """As each template's page says."""
        for name, columns in TABLES.items():
            described = {"base": "appYourBaseId", "table": name}
            self._order("airtable/tables", {**described, "columns": dict.fromkeys(columns, "singleLineText")})
        tabs = [{"title": title, "values": [list(COLUMNS)]} for title in ("Videos", "Catalogue")]
        for book in (BOOK, *(each.book for each in COPIES)):
            self._order("sheets", {"id": book, "tabs": tabs})
        self._order("slack/channels", {"id": "C0YOURCHANNEL", "name": "videos"})
        for each in COPIES:
            self._order("slack/channels", {"id": each.channel, "name": f"copy-{each.number:02}"})


@contextmanager
def world(installed: Path, folder: Path) -> Iterator[World]:
    """Every template is in n8n, as its file is, and published."""
    sandbox = serve(
        config=Config(keys={API_KEY: UNLIMITED}, speed=SPEED, output_base="https://cdn.creativeai.run/output")
    )
    n8n = N8n(installed, folder, n8n_network.make_certificate(folder))
    relay = RelayProcess(folder / "relay", _relay_settings(sandbox, n8n))
    upstreams = {n8n_network.SANDBOX: int(sandbox.url.rpartition(":")[2]), n8n_network.RELAY: relay.port}
    made = World(sandbox, n8n, relay)
    with n8n_network.front(folder, upstreams):
        try:
            made.furnish()
            relay.start()
            _bring_in(n8n, folder, credentials(sandbox, made.command("tokens", "add", "n8n").strip()))
            yield made
        finally:
            n8n.stop()
            relay.kill()
            sandbox.stop()


def _relay_settings(sandbox: Sandbox, n8n: N8n) -> dict[str, str]:
    hosts = [url.partition("//")[2] for url in (sandbox.url, n8n.url)]
    return {
        "ORIGIN_MAP": environment_of(sandbox)["ORIGIN_MAP"],
        "ALLOWED_HOSTS": ",".join(hosts),
        "CREATIVEAI_API_KEY": API_KEY,
        "CREATIVEAI_WEBHOOK_SECRET": SIGNING_SECRET,
        "WEBHOOK_URL": f"{n8n.url}/webhook/relay-delivery",
        "WEBHOOK_SECRET": RELAY_SECRET,
    }


def _bring_in(n8n: N8n, folder: Path, credentials: list[dict[str, Any]]) -> None:
    files = folder / "templates"
    files.mkdir()
    for slug in SLUGS:
        shutil.copy(TEMPLATES / slug / "workflow.json", files / f"{slug}.json")
    for each in COPIES:
        (files / f"{each.id}.json").write_text(json.dumps(each.workflow()))
    n8n.bring_in(folder, credentials, files)
    n8n.start()
    for slug in SLUGS:
        n8n.publish(workflow(slug))


def workflow(slug: str) -> dict[str, Any]:
    """The file, as it is handed out."""
    made: dict[str, Any] = json.loads((TEMPLATES / slug / "workflow.json").read_text())
    return made


def credentials(sandbox: Sandbox, token: str) -> list[dict[str, Any]]:
    """What a user enters, each under the name that the page says."""
    google = json.loads(environment_of(sandbox)["SHEETS_SERVICE_ACCOUNT"])
    account = {"email": google["client_email"], "privateKey": google["private_key"], "inpersonate": False}
    entered: dict[str, tuple[str, dict[str, Any]]] = {
        "CreativeAI API key": ("httpBearerAuth", {"token": API_KEY}),
        "CreativeAI signing secret": ("crypto", {"hmacSecret": SIGNING_SECRET}),
        "Start key": ("httpHeaderAuth", {"name": "X-Start-Key", "value": START_KEY}),
        "Airtable token": ("airtableTokenApi", {"accessToken": "patSandbox"}),
        "Slack bot token": ("slackApi", {"accessToken": "xoxb-sandbox"}),
        "Google service account": ("googleApi", account),
        **{
            each.credential: ("googleApi", {**account, "email": f"copy-{each.number:02}@example.com"})
            for each in COPIES
        },
        "Shopify access token": (
            "shopifyAccessTokenApi",
            {"shopSubdomain": "your-store", "accessToken": "shpat_sandbox", "appSecretKey": ""},
        ),
        "Shopify webhook secret": ("crypto", {"hmacSecret": SHOPIFY_SECRET}),
        "Team sign-in": ("httpBasicAuth", {"user": TEAM[0], "password": TEAM[1]}),
        "CreativeAI Relay token": ("httpBearerAuth", {"token": token}),
        "CreativeAI Relay signing secret": ("crypto", {"hmacSecret": RELAY_SECRET}),
    }
    return [
        {"id": credential_id(name), "name": name, "type": kind, "data": data}
        for name, (kind, data) in entered.items()
    ]


def credential_id(name: str) -> str:
    return uuid.uuid5(uuid.NAMESPACE_URL, name).hex[:16]
