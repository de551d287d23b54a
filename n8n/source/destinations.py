"""Where results go: Airtable, Google Sheets, Slack and Shopify, each by the credential named here."""

from collections.abc import Mapping
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
    """Writes the record that has this key, or creates it: running twice has the effect of once."""
    return _record(name, _columns(values, key))


def airtable_item(name: str, *, key: str = "SKU") -> Node:
    """The same with each of the item's fields into the column of its name."""
    columns = {"mappingMode": "autoMapInputData", "value": {}, "matchingColumns": [key], "schema": []}
    return _record(name, columns)


def _record(name: str, columns: Mapping[str, Any]) -> Node:
    parameters = {
        "operation": "upsert",
        "base": _chosen("id", setting("airtable_base")),
        "table": _chosen("id", setting("airtable_table")),
        "columns": dict(columns),
        "options": {"typecast": True},
    }
    return Node(
        name,
        "n8n-nodes-base.airtable",
        2.1,
        parameters,
        credentials=used(AIRTABLE),
        settings=nodes.RETRIED,
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
        settings=nodes.RETRIED,
    )


def sheet_rows(name: str) -> Node:
    """Every row of the list, as an item with a field for each column."""
    return _sheet(name, "read", {}, {})


def sheet(name: str, values: Mapping[str, Any], *, key: str = "SKU") -> Node:
    """Writes the row that has this key, or appends one. RAW: a prompt that looks like a formula stays a "
    "text."""
    options = {"cellFormat": "RAW", "useAppend": True}
    return _sheet(name, "appendOrUpdate", {"columns": _columns(values, key)}, options)


def slack_text(expression: str) -> str:
    """Text from elsewhere must not ping a channel or look like a link."""
    return (
        f"String({expression}).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')"
        ".slice(0, 500)"
    )


def slack(name: str, text: str) -> Node:
    """Posts once: a message that may have been posted is not posted again blindly."""
    parameters = {
        "resource": "message",
        "operation": "post",
        "select": "channel",
        "channelId": _chosen("id", setting("slack_channel")),
        "text": text,
        "otherOptions": {"includeLinkToWorkflow": False, "unfurl_links": False, "unfurl_media": False},
    }
    return Node(name, "n8n-nodes-base.slack", 2.3, parameters, credentials=used(SLACK))
