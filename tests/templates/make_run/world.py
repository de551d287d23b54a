"""What lies outside of a scenario: a data store, a sheet, and all that speaks HTTP, on this machine.

Time is the test's own: a Sleep module moves it, and the sandbox follows.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import requests

from sandbox.app import Sandbox
from tests.templates.make_run.expressions import as_text
from tests.templates.make_run.interpreter import ModuleError
from tests.wire import wait_until

Json = Mapping[str, Any]
BEGAN = 1_772_000_000.0
SLACK_CHANNEL = "C0SANDBOX"
_SLACK_TOKEN = "xoxb-sandbox"


class Clock:
    def __init__(self) -> None:
        self.seconds = BEGAN

    def __call__(self) -> float:
        return self.seconds


@dataclass
class World:
    """`origins` are where the addresses of a blueprint are here, `tokens` their keychains.

    `before_call` may raise what a service that is down would.
    """

    sandbox: Sandbox
    clock: Clock
    origins: dict[str, str]
    tokens: dict[str, str]
    store: dict[str, dict[str, Any]] = field(default_factory=dict)
    rows: list[list[str]] = field(default_factory=list)
    before_call: Callable[[str, Mapping[str, Any]], None] = lambda module, mapper: None
    after_call: Callable[[str, Mapping[str, Any]], None] = lambda module, mapper: None

    def now(self) -> float:
        return self.clock()

    def sleep(self, seconds: float) -> None:
        self.clock.seconds += seconds
        self.sandbox.wake()
        wait_until(lambda: self.sandbox.due == 0)

    def call(self, module: str, parameters: Mapping[str, Any], mapper: Mapping[str, Any]) -> Any:
        self.before_call(module, mapper)
        out = self._modules()[module](mapper)
        self.after_call(module, mapper)
        return out

    def _modules(self) -> Mapping[str, Callable[[Json], Any]]:
        """What each of Make's modules does here."""
        return {
            "datastore:ExistRecord": lambda mapper: {"exist": mapper["key"] in self.store},
            "datastore:GetRecord": lambda mapper: dict(self.store.get(mapper["key"], {})),
            "datastore:AddRecord": self._add_record,
            "util:FunctionSleep": lambda mapper: self.sleep(float(mapper["duration"])),
            "json:ParseJSON": _parse_json,
            "json:TransformToJSON": _transform_to_json,
            "google-sheets:addRow": self._add_row,
            "slack:CreateMessage": self._create_message,
            "http:MakeRequest": self._make_request,
        }

    def _add_record(self, mapper: Json) -> dict[str, Any]:
        if mapper["key"] in self.store and not mapper["overwrite"]:
            raise ModuleError("The key exists.")
        self.store[mapper["key"]] = dict(mapper["data"])
        return {"key": mapper["key"]}

    def _add_row(self, mapper: Json) -> dict[str, Any]:
        self.rows.append([as_text(each) for each in mapper["values"].values()])
        return {"rowNumber": len(self.rows) + 1}

    def _create_message(self, mapper: Json) -> dict[str, Any]:
        body = {"channel": SLACK_CHANNEL, "text": mapper["text"]}
        headers = {"Authorization": f"Bearer {_SLACK_TOKEN}"}
        url = f"{self.sandbox.url}/api/chat.postMessage"
        said: dict[str, Any] = requests.post(url, json=body, headers=headers, timeout=10).json()
        if not said["ok"]:
            raise ModuleError(f"Slack: {said['error']}")
        return said

    def _make_request(self, mapper: Json) -> dict[str, Any]:
        body = mapper.get("jsonStringBodyContent")
        if body is not None:
            try:
                json.loads(body)
            except ValueError as error:
                raise AssertionError(f"The body is not JSON ({error}): {body}") from None
        origin = next(each for each in self.origins if mapper["url"].startswith(each))
        headers = {each["name"]: each["value"] for each in mapper["headers"]}
        headers |= {"Authorization": f"Bearer {self.tokens[origin]}", "Content-Type": "application/json"}
        try:
            response = requests.request(
                mapper["method"],
                mapper["url"].replace(origin, self.origins[origin], 1),
                data=body.encode() if body is not None else None,
                headers=headers,
                timeout=10,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            raise ModuleError(f"no response: {type(error).__name__}") from None
        is_json = "json" in response.headers.get("Content-Type", "")
        data = response.json() if is_json else response.text
        if mapper["stopOnHttpError"] and response.status_code >= 400:
            raise ModuleError(f"{response.status_code}: {response.text[:200]}")
        return {"statusCode": response.status_code, "data": data, "headers": {}}

    def messages(self) -> list[str]:
        """What was posted to Slack."""
        return [json.loads(each.body)["text"] for each in self.sandbox.received("slack")]


def _parse_json(mapper: Json) -> Any:
    try:
        return json.loads(mapper["json"])
    except ValueError as error:
        raise ModuleError(f"not JSON: {error}") from None


def _transform_to_json(mapper: Json) -> dict[str, Any]:
    """Of nothing comes nothing, the worst that Make may do."""
    value = mapper["object"]
    return {"json": "" if value is None else json.dumps(value, ensure_ascii=False)}
