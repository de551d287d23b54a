"""n8n's own nodes with the versions and parameter names of n8n 2.41.1; a newer n8n still reads them."""

from collections.abc import Mapping
from typing import Any

from n8n.source.credentials import Credential, used
from n8n.source.flow import Node

TESTED = "2.41.1"
_BASE = "n8n-nodes-base."


def text(name: str, value: str) -> dict[str, str]:
    return {"name": name, "value": value, "type": "string"}


def number(name: str, value: float | str) -> dict[str, Any]:
    return {"name": name, "value": value, "type": "number"}


def flag(name: str, value: str) -> dict[str, Any]:
    return {"name": name, "value": value, "type": "boolean"}


def webhook(name: str, path: str, *, key: Credential | None = None, raw: bool = False) -> Node:
    """Listens for POST. `key` is the Header Auth credential; `raw` keeps the exact bytes for a signature."""
    parameters: dict[str, Any] = {"httpMethod": "POST", "path": path, "responseMode": "responseNode"}
    if key:
        parameters["authentication"] = "headerAuth"
    return Node(
        name,
        f"{_BASE}webhook",
        2.1,
        {**parameters, "options": {"rawBody": True} if raw else {}},
        credentials=used(key) if key else {},
        listens=True,
    )


def respond(name: str, status: int | str, body: str, *, headers: Mapping[str, str] | None = None) -> Node:
    """`body` is JSON; all may be expressions."""
    options: dict[str, Any] = {"responseCode": status}
    if headers:
        options["responseHeaders"] = {"entries": [{"name": k, "value": v} for k, v in headers.items()]}
    parameters = {"respondWith": "json", "responseBody": body, "options": options}
    return Node(name, f"{_BASE}respondToWebhook", 1.5, parameters)


def fields(name: str, *assignments: Mapping[str, Any], keep: bool = False, once: bool = False) -> Node:
    """Sets fields; `keep` leaves those that came in; `once`: of many items, the first alone goes on."""
    given = [{"id": str(place), **each} for place, each in enumerate(assignments, 1)]
    parameters: dict[str, Any] = {"assignments": {"assignments": given}}
    if keep:
        parameters["includeOtherFields"] = True
    settings = {"executeOnce": True} if once else {}
    return Node(name, f"{_BASE}set", 3.4, {**parameters, "options": {}}, settings=settings)


def fields_of(name: str, expression: str, *, once: bool = False) -> Node:
    """The item is this object."""
    parameters = {"mode": "raw", "jsonOutput": f"={{{{ JSON.stringify({expression}) }}}}", "options": {}}
    settings = {"executeOnce": True} if once else {}
    return Node(name, f"{_BASE}set", 3.4, parameters, settings=settings)


def code(name: str, script: str) -> Node:
    return Node(name, f"{_BASE}code", 2, {"mode": "runOnceForEachItem", "jsCode": script})


def hmac(name: str, secret: Credential, into: str, *, of: str = "", encoding: str = "hex") -> Node:
    """HMAC-SHA256 of the raw body, or of the text `of`."""
    what: dict[str, Any] = {"value": of} if of else {"binaryData": True, "binaryPropertyName": "data"}
    return Node(
        name,
        f"{_BASE}crypto",
        2,
        {"action": "hmac", **what, "type": "SHA256", "dataPropertyName": into, "encoding": encoding},
        credentials=used(secret),
    )


def _conditions(*rows: Mapping[str, Any]) -> dict[str, Any]:
    options = {"caseSensitive": True, "leftValue": "", "typeValidation": "strict", "version": 2}
    named = [{"id": str(place), **row} for place, row in enumerate(rows, 1)]
    return {"options": options, "conditions": named, "combinator": "and"}


def is_true(left: str) -> dict[str, Any]:
    operator = {"type": "boolean", "operation": "true", "singleValue": True}
    return {"leftValue": left, "rightValue": "", "operator": operator}


def equals(left: str, right: str) -> dict[str, Any]:
    operator = {"type": "string", "operation": "equals"}
    return {"leftValue": left, "rightValue": right, "operator": operator}


def when(name: str, *rows: Mapping[str, Any]) -> Node:
    """Output 0: all of it holds; output 1: it does not."""
    return Node(name, f"{_BASE}if", 2.2, {"conditions": _conditions(*rows), "options": {}})


def switch(name: str, ways: Mapping[str, Mapping[str, Any]], otherwise: str) -> Node:
    """An output for each way, in order, and the last one for anything else."""
    values = [
        {"conditions": _conditions(row), "renameOutput": True, "outputKey": label}
        for label, row in ways.items()
    ]
    options = {"fallbackOutput": "extra", "renameFallbackOutput": otherwise}
    return Node(name, f"{_BASE}switch", 3.2, {"rules": {"values": values}, "options": options})


def unseen(name: str, key: str) -> Node:
    """Lets each key through once, in all executions that look one after the other: see `step_aside`.

    Not tried again when it fails: by then the key may be kept, and its first item would pass for a repeat.
    Beyond the history's size n8n does not forget the oldest key; the node fails.
    """
    return Node(
        name,
        f"{_BASE}removeDuplicates",
        2,
        {
            "operation": "removeItemsSeenInPreviousExecutions",
            "dedupeValue": key,
            "options": {"historySize": 100_000},
        },
    )


def step_aside(name: str, seconds: int, spread: int = 7) -> Node:
    """Waits so long, and less than `spread` more by the execution's number: calls of one moment go on apart.

    n8n reads its list of seen keys and writes it back in two steps: two executions of the same millisecond
    would both find their key missing. Executions that follow each other have numbers that follow each other.
    """
    return wait(name, f"={{{{ {seconds} + Number($execution.id) % {spread} }}}}")


def wait(name: str, seconds: int | str) -> Node:
    parameters = {"amount": seconds, "unit": "seconds"}
    return Node(name, f"{_BASE}wait", 1.1, parameters, listens=True)


def nothing(name: str) -> Node:
    return Node(name, f"{_BASE}noOp", 1, {})


def every(name: str, **interval: Any) -> Node:
    parameters = {"rule": {"interval": [interval]}}
    return Node(name, f"{_BASE}scheduleTrigger", 1.2, parameters)


def by_hand(name: str) -> Node:
    return Node(name, f"{_BASE}manualTrigger", 1, {})


def keep_if(name: str, *rows: Mapping[str, Any]) -> Node:
    return Node(name, f"{_BASE}filter", 2.2, {"conditions": _conditions(*rows), "options": {}})


def at_most(name: str, items: int | str) -> Node:
    return Node(name, f"{_BASE}limit", 1, {"maxItems": items})


def one_by_one(name: str) -> Node:
    """Output 0: all are done; output 1: the next one."""
    return Node(name, f"{_BASE}splitInBatches", 3, {"options": {}})


def stop(name: str, why: str) -> Node:
    """Ends the execution as failed, so that it is seen in Executions and by error workflows."""
    return Node(name, f"{_BASE}stopAndError", 1, {"errorMessage": why})


def split_out(name: str, field: str, *, keep: str = "") -> Node:
    """An item for each entry of a list; `keep` names the fields that go along."""
    parameters: dict[str, Any] = {"fieldToSplitOut": field}
    if keep:
        parameters |= {"include": "selectedOtherFields", "fieldsToInclude": keep}
    return Node(name, f"{_BASE}splitOut", 1, {**parameters, "options": {}})


def gather(name: str, into: str) -> Node:
    """All items as one list in one item."""
    parameters = {"aggregate": "aggregateAllItemData", "destinationFieldName": into, "options": {}}
    return Node(name, f"{_BASE}aggregate", 1, parameters)


RETRIED: Mapping[str, Any] = {"retryOnFail": True, "maxTries": 3, "waitBetweenTries": 5000}
WAITED_OUT: Mapping[str, Any] = {"onError": "continueErrorOutput"}  # its error output goes to `limits`


def text_of(name: str, into: str) -> Node:
    """The text of the binary `data`, as UTF-8."""
    parameters = {"operation": "text", "destinationKey": into, "options": {}}
    return Node(name, f"{_BASE}extractFromFile", 1, parameters)


def on_error(name: str) -> Node:
    return Node(name, f"{_BASE}errorTrigger", 1, {})
