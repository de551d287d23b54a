"""The sandbox's Airtable with the relay's connector in front of it, and what a record must then hold."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import requests

from connectors.airtable.connector import Airtable, AirtableOptions
from connectors.base import Memory
from relay.http.client import Http
from relay.models.core import Result
from sandbox import Config, Sandbox, serve
from tests.connectors.contract import CONTEXT, KEY, NOW, Kept
from tests.connectors.files import NoFiles

TOKEN = "patSandbox.0123456789abcdef"
BASE = "appSandbox00000000"
TABLE = "tblSandbox00000000"
API = "https://api.airtable.com"
OPTIONS = {"token": TOKEN, "base_id": BASE, "table": TABLE}
FILES = {"attachment_column": "Files"}


def airtable(http: Http | None = None, **options: str) -> Airtable:
    return Airtable(AirtableOptions.model_validate({**OPTIONS, **options}), http or Http())


def by_name(**options: str) -> Kept:
    """The memory of a connection whose token may not read the IDs of the columns."""
    read = AirtableOptions.model_validate({**OPTIONS, **options})
    of = [read.base_id, read.table, *read.columns.values(), *filter(None, [read.attachment_column])]
    return Kept(saved_connection=json.dumps({"of": of, "table": read.table, "columns": {}}))


class Bench:
    """The sandbox's Airtable, and the relay's connector in front of it."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.http = Http(origin_map={API: sandbox.url})

    def airtable(self, **options: str) -> Airtable:
        return airtable(self.http, **options)

    def deliver(self, result: Result, memory: Memory | None = None, **options: str) -> Any:
        return self.airtable(**options).deliver(
            result, CONTEXT, KEY, Kept() if memory is None else memory, NoFiles(), NOW
        )

    def call(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        answer = requests.request(method, self.sandbox.url + path, json=body, headers=headers, timeout=5)
        assert answer.ok, answer.text
        return dict(answer.json())

    def records(self) -> list[dict[str, Any]]:
        """All of them, first come first."""
        (table,) = (each for each in self.call("GET", "/sandbox/airtable")["tables"] if each["base"] == BASE)
        return list(table["records"])

    def cells(self) -> list[dict[str, Any]]:
        return [each["fields"] for each in self.records()]

    @property
    def calls(self) -> int:
        return len(self.sandbox.received("airtable"))


@contextmanager
def on_the_bench(config: Config | None = None) -> Iterator[Bench]:
    """Unpaced, unless told otherwise."""
    sandbox = serve(config=config or Config(paced=False))
    bench = Bench(sandbox)
    try:
        yield bench
    finally:
        bench.http.close()
        sandbox.stop()


def expected(result: Result) -> dict[str, Any]:
    """A record of the sandbox's table for this result, by code of this test's own."""
    links = [each.url for each in result.outputs]
    cells = {
        "Generation ID": result.generation_id,
        "Status": str(result.status),
        "Kind": result.kind,
        "Prompt": result.prompt,
        "Link": links[0] if links else None,
        "All links": "\n".join(links),
        "Error": result.error,
        "Credits": result.credits,
        "Completed": result.completed_at.replace("Z", ".000Z"),
    }
    return {name: value for name, value in cells.items() if value not in (None, "")}
