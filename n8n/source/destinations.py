"""Where results go: Airtable, Google Sheets, Slack and Shopify, each by the credential named here."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from n8n.source import nodes
from n8n.source.credentials import AIRTABLE, GOOGLE, SLACK, used
from n8n.source.flow import Node


def _columns(values: Mapping[str, Any], key: str) -> dict[str, Any]:
    """What n8n calls a resource mapper: each column, and the one by which a row is found."""
    schema = [
        {
            "id": name,
            "displayName": name,
            "required": False,
            "defaultMatch": False,
            "canBeUsedToMatch": True,
            "display": True,
            "type": "string",
        }
        for name in values
    ]
    return {
        "mappingMode": "defineBelow",
        "value": dict(values),
        "matchingColumns": [key],
        "schema": schema,
        "attemptToConvertTypes": False,
        "convertFieldsToString": False,
    }


def _chosen(mode: str, value: str) -> dict[str, Any]:
    return {"__rl": True, "mode": mode, "value": value}


def setting(name: str) -> str:
    return f"={{{{ $('Settings').first().json.{name} }}}}"


def airtable(name: str, values: Mapping[str, Any], *, key: str = "SKU") -> Node:
    """Writes the record that has this key, or creates it, in one call: a repeat changes nothing."""
    return _airtable(name, {"operation": "upsert", "columns": _columns(values, key)})


def airtable_update(name: str, values: Mapping[str, Any]) -> Node:
    """Writes the record with this `id`. What is undefined is left as it is, what is empty is emptied."""
    return _airtable(name, {"operation": "update", "columns": _columns(values, "id")})


def airtable_record(name: str, record: str) -> Node:
    return _airtable(name, {"operation": "get", "id": record}, options={})


def _airtable(name: str, more: Mapping[str, Any], options: Mapping[str, Any] | None = None) -> Node:
    parameters = {
        "base": _chosen("id", setting("airtable_base")),
        "table": _chosen("id", setting("airtable_table")),
        **more,
        "options": {"typecast": True} if options is None else dict(options),
    }
    return Node(
        name,
        "n8n-nodes-base.airtable",
        2.1,
        parameters,
        credentials=used(AIRTABLE),
        settings=nodes.WAITED_OUT,
    )


def _sheet(name: str, operation: str, more: Mapping[str, Any], options: Mapping[str, Any]) -> Node:
    parameters = {
        "authentication": "serviceAccount",
        "operation": operation,
        "documentId": _chosen("id", setting("sheet_id")),
        "sheetName": _chosen("name", setting("sheet_tab")),
        **more,
        "options": dict(options),
    }
    return Node(
        name,
        "n8n-nodes-base.googleSheets",
        4.5,
        parameters,
        credentials=used(GOOGLE),
        settings=nodes.WAITED_OUT,
    )


def sheet_rows(name: str, *, once: bool = False) -> Node:
    """Every row of the list, as an item with its row_number and a field for each column.

    `once`: read once, however many items come in.
    """
    node = _sheet(name, "read", {}, {})
    return replace(node, settings={**node.settings, "executeOnce": True}) if once else node


def sheet_rows_or_none(name: str) -> Node:
    """The same, once; what comes after it runs for an empty list too, which is one item without fields.

    n8n gives this item beside the error output too: what comes after it asks `sheet_was_read` first.
    """
    node = sheet_rows(name, once=True)
    return replace(node, settings={**node.settings, "alwaysOutputData": True})


def sheet_was_read(name: str) -> str:
    """An expression: whether the last reading did not leave by the error output."""
    return f"$('{name}').all(1).length === 0"


def sheet_update(name: str, values: Mapping[str, Any]) -> Node:
    """Writes the rows with these row numbers. RAW: a prompt that looks like a formula stays a text."""
    return _sheet(name, "update", {"columns": _columns(values, "row_number")}, {"cellFormat": "RAW"})


def sheet_update_items(name: str) -> Node:
    """The same with each item's own fields: what an item lacks is left as it is."""
    columns = {
        "mappingMode": "autoMapInputData",
        "value": {},
        "matchingColumns": ["row_number"],
        "schema": [],
    }
    options = {"cellFormat": "RAW", "handlingExtraData": "ignoreIt"}
    return _sheet(name, "update", {"columns": columns}, options)


def slack_text(expression: str) -> str:
    """Text from elsewhere must not ping a channel or look like a link."""
    return (
        f"String({expression}).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')"
        ".slice(0, 500)"
    )


def slack(name: str, text: str) -> Node:
    """Posts once: a message that may have been posted is not posted again blindly; a 429 was not posted."""
    parameters = {
        "resource": "message",
        "operation": "post",
        "select": "channel",
        "channelId": _chosen("id", setting("slack_channel")),
        "text": text,
        "otherOptions": {"includeLinkToWorkflow": False, "unfurl_links": False, "unfurl_media": False},
    }
    return Node(
        name, "n8n-nodes-base.slack", 2.3, parameters, credentials=used(SLACK), settings=nodes.WAITED_OUT
    )
