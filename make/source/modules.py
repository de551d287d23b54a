"""Make's modules, each with the keys that its exports have; what belongs to an account is left out."""

from collections.abc import Mapping, Sequence
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
    """To the caller of the scenario's webhook, with JSON."""
    headers = [{"key": "Content-Type", "value": "application/json"}]
    return {
        "module": "gateway:WebhookRespond",
        "version": 1,
        "parameters": {},
        "mapper": {"status": status, "body": body, "headers": headers},
    }


def variables(named: Mapping[str, str]) -> Json:
    """Its bundle is an object with these names, whatever of the values is missing."""
    listed = [{"name": name, "value": value} for name, value in named.items()]
    return _plain("util:SetVariables", {"scope": "roundtrip", "variables": listed})


def parse(text: str) -> Json:
    return {"module": "json:ParseJSON", "version": 1, "parameters": {"type": ""}, "mapper": {"json": text}}


def as_json(value: str) -> Json:
    """A value as JSON, quotes and line breaks escaped: Make puts texts into bodies as they are."""
    return {
        "module": "json:TransformToJSON",
        "version": 1,
        "parameters": {"space": ""},
        "mapper": {"object": value},
    }


def call(
    method: str, url: str, body: str = "", *headers: tuple[str, str], read: bool = False, timeout: int = 120
) -> Json:
    """With an API key of the keychain, chosen after the import.

    A rejection by the service is an error, or with `read` a result with its status and words.
    """
    content = {"contentType": "json", "inputMethod": "jsonString", "jsonStringBodyContent": body}
    return {
        "module": "http:MakeRequest",
        "version": 4,
        "parameters": {"authenticationType": "apiKey", "tlsType": ""},
        "mapper": {
            "url": url,
            "method": method,
            "headers": [{"name": name, "value": value} for name, value in headers],
            "queryParameters": [],
            **(content if body else {}),
            "timeout": str(timeout),
            **_SWITCHES,
            "stopOnHttpError": not read,
        },
    }


def is_known(key: str) -> Json:
    return _plain("datastore:ExistRecord", {"key": key})


def remember(key: str) -> Json:
    return _plain("datastore:AddRecord", {"key": key, "data": {"received_at": "{{now}}"}, "overwrite": False})


def record_of(key: str) -> Json:
    """Its fields; of an unknown key none."""
    return _plain("datastore:GetRecord", {"key": key, "returnWrapped": False})


def save_record(key: str, **fields: str) -> Json:
    """In place of what was saved under the key before."""
    return _plain("datastore:AddRecord", {"key": key, "data": fields, "overwrite": True})


def each(array: str) -> Json:
    return _plain("builtin:BasicFeeder", {"array": array})


def repeat(times: str) -> Json:
    """The rest of the flow so often; `i` is the number of the round."""
    return _plain("builtin:BasicRepeater", {"start": "1", "repeats": times, "step": "1"})


def lines(feeder: int, text: str) -> Json:
    """One text of all that came from the module `feeder`."""
    parameters = {"feeder": feeder, "rowSeparator": "\n"}
    return {**_plain("util:TextAggregator", {"value": text}), "parameters": parameters}


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


def when(name: str, *conditions: tuple[str, str, str]) -> Json:
    """All of them."""
    return any_of(name, conditions)


def any_of(name: str, *groups: Sequence[tuple[str, str, str]]) -> Json:
    """All of one group at least."""
    return {"name": name, "conditions": [[_condition(*each) for each in group] for group in groups]}


def _condition(a: str, o: str, b: str) -> Json:
    return {"a": a, "o": o} if o in ("exist", "notexist") else {"a": a, "o": o, "b": b}


def _plain(module: str, mapper: Json) -> Json:
    return {"module": module, "version": 1, "parameters": {}, "mapper": mapper}
