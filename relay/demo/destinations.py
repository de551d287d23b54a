"""The demo's destinations, all in the sandbox: how the relay connects to them, and what they contain."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from relay.http.client import Http
from sandbox import ORIGINS, Sandbox

CONNECTIONS = ("webhook", "slack", "airtable", "sheets", "shopify")
_EMAIL = "relay@demo.iam.gserviceaccount.com"
_SHEET, _TAB = "sandbox-sheet", "Results"

Status = str


def environment_of(sandbox: Sandbox) -> dict[str, str]:
    """One connection of each kind, as a user would configure it, and the origin map to the sandbox."""
    return {
        "ORIGIN_MAP": ",".join(f"{origin}={sandbox.url}" for origin in ORIGINS),
        "ALLOWED_HOSTS": sandbox.url.partition("//")[2],
        "WEBHOOK_URL": f"{sandbox.url}/inbox/demo",
        "WEBHOOK_SECRET": "a secret of the receiver, for the demo",
        "SLACK_BOT_TOKEN": "xoxb-sandbox",
        "SLACK_CHANNEL": "C0SANDBOX",
        "AIRTABLE_TOKEN": "patSandbox",
        "AIRTABLE_BASE_ID": "appSandbox00000000",
        "AIRTABLE_TABLE": "Videos",
        "SHEETS_SERVICE_ACCOUNT": _service_account(),
        "SHEETS_SPREADSHEET": _SHEET,
        "SHEETS_TAB": _TAB,
        "SHOPIFY_SHOP": "sandbox.myshopify.com",
        "SHOPIFY_CLIENT_ID": "sandbox",
        "SHOPIFY_CLIENT_SECRET": "a secret of the store in the sandbox",
        "SHOPIFY_KINDS": "video,compose",
        "SHOPIFY_STATUSES": "completed",
    }


def add_products(http: Http, sandbox: Sandbox, titles_by_sku: Mapping[str, str]) -> None:
    for sku, title in titles_by_sku.items():
        body = json.dumps({"title": title, "sku": sku}).encode()
        headers = {"Content-Type": "application/json"}
        http.send("POST", f"{sandbox.url}/sandbox/shopify/products", headers=headers, body=body)


@dataclass(frozen=True, slots=True)
class Contents:
    """What the destinations contain: for each generation the statuses of its records, rows or messages.

    videos  by SKU, the statuses of the product's media
    """

    records: Mapping[str, list[Status]]
    rows: Mapping[str, list[Status]]
    messages: Counter[str]
    videos: Mapping[str, list[Status]]


def contents(http: Http, sandbox: Sandbox) -> Contents:
    products = _read(http, sandbox, "shopify")["products"]
    return Contents(
        records=_by_generation(
            record["fields"]
            for table in _read(http, sandbox, "airtable")["tables"]
            for record in table["records"]
        ),
        rows=_by_generation(_rows(_read(http, sandbox, f"sheets/{_SHEET}"))),
        messages=Counter(
            message["metadata"]["event_payload"]["key"]
            for channel in _read(http, sandbox, "slack")["channels"]
            for parent in channel["messages"]
            for message in (parent, *parent["replies"])
            if message.get("metadata", {}).get("event_type") == "creativeai_delivery"  # not a batch's head
        ),
        videos={product["sku"]: [media["status"] for media in product["media"]] for product in products},
    )


def _read(http: Http, sandbox: Sandbox, path: str) -> Any:
    headers = {"Accept": "application/json"}
    return http.send("GET", f"{sandbox.url}/sandbox/{path}", headers=headers).json()


def _rows(book: Mapping[str, Any]) -> list[dict[str, Any]]:
    for tab in book["tabs"]:
        if tab["title"] == _TAB and tab["values"]:
            header, *rows = tab["values"]
            return [dict(zip(header, row, strict=False)) for row in rows]
    return []


def _by_generation(entries: Any) -> dict[str, list[Status]]:
    found: dict[str, list[Status]] = {}
    for fields in entries:
        found.setdefault(fields["Generation ID"], []).append(fields.get("Status", ""))
    return found


def _service_account() -> str:
    """A key in Google's format, generated now: it gives access to nothing."""
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return json.dumps(
        {
            "type": "service_account",
            "client_email": _EMAIL,
            "private_key": pem,
            "private_key_id": "demo",
            "token_uri": "https://oauth2.googleapis.com/token",
        }
    )
