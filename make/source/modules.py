"""Make's modules, each with the keys that its exports have; what belongs to an account is left out."""

import json
from typing import Any

Json = dict[str, Any]
_SWITCHES = {
    "parseResponse": True,
    "stopOnHttpError": True,
    "allowRedirects": False,
    "shareCookies": False,
    "requestCompressedContent": True,
}


def webhook() -> Json:
    return {
        "module": "gateway:CustomWebHook",
        "version": 1,
        "parameters": {"maxResults": 1},
        "mapper": {},
    }


def respond(status: str, body: str) -> Json:
    headers = [{"key": "Content-Type", "value": "application/json"}]
    return {
        "module": "gateway:WebhookRespond",
        "version": 1,
        "parameters": {},
        "mapper": {"status": status, "body": body, "headers": headers},
    }


def variables(**named: str) -> Json:
    listed = [{"name": name, "value": value} for name, value in named.items()]
    return _plain("util:SetVariables", {"scope": "roundtrip", "variables": listed})


def parse(text: str) -> Json:
    return {"module": "json:ParseJSON", "version": 1, "parameters": {"type": ""}, "mapper": {"json": text}}


def as_json(value: str) -> Json:
    """A text with its quotes, as JSON wants it: Make does not escape bodies."""
    return {
        "module": "json:TransformToJSON",
        "version": 1,
        "parameters": {"space": ""},
        "mapper": {"object": value},
    }


def post(url: str, body: str, *headers: tuple[str, str], method: str = "post") -> Json:
    """With an API key of the keychain, chosen after the import. A rejection by the service is an error."""
    return {
        "module": "http:MakeRequest",
        "version": 4,
        "parameters": {"authenticationType": "apiKey", "tlsType": ""},
        "mapper": {
            "url": url,
            "method": method,
            "headers": [{"name": name, "value": value} for name, value in headers],
            "queryParameters": [],
            "contentType": "json",
            "inputMethod": "jsonString",
            "jsonStringBodyContent": body,
            "timeout": "120",
            **_SWITCHES,
        },
    }


def is_known(key: str) -> Json:
    return _plain("datastore:ExistRecord", {"key": key})


def remember(key: str) -> Json:
    return _plain("datastore:AddRecord", {"key": key, "data": {"received_at": "{{now}}"}, "overwrite": False})


def each(array: str) -> Json:
    return _plain("builtin:BasicFeeder", {"array": array})


def sleep(seconds: int) -> Json:
    return _plain("util:FunctionSleep", {"duration": str(seconds)})


def add_row(*values: str) -> Json:
    """RAW: a prompt that begins with = is no formula."""
    return {
        "module": "google-sheets:addRow",
        "version": 2,
        "parameters": {},
        "mapper": {
            "mode": "select",
            "from": "drive",
            "spreadsheetId": "",
            "sheetId": "",
            "includesHeaders": True,
            "values": {str(place): value for place, value in enumerate(values)},
            "insertDataOption": "INSERT_ROWS",
            "valueInputOption": "RAW",
            "insertUnformatted": False,
        },
    }


def slack(text: str) -> Json:
    mapper = {"channelWType": "list", "channelType": "public", "channel": "", "text": text}
    return {
        "module": "slack:CreateMessage",
        "version": 4,
        "parameters": {},
        "mapper": {**mapper, "parse": False, "mrkdwn": True},
    }


def body(**fields: Any) -> str:
    """JSON as text; a value `<<...>>` is an expression that gives JSON by itself."""
    return json.dumps(fields, indent=2).replace('"<<', "{{").replace('>>"', "}}")


def when(name: str, *conditions: tuple[str, str, str]) -> Json:
    """All of them."""
    return {"name": name, "conditions": [[{"a": a, "o": o, "b": b} for a, o, b in conditions]]}


def _plain(module: str, mapper: Json) -> Json:
    return {"module": module, "version": 1, "parameters": {}, "mapper": mapper}
