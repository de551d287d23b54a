"""n8n's form: its fields, its sign-in, and the page at its end."""

from collections.abc import Mapping, Sequence
from typing import Any

from n8n.source.credentials import SIGN_IN, used
from n8n.source.flow import Node

Field = Mapping[str, Any]


def text(label: str, *, required: bool = True, long: bool = False, example: str = "") -> Field:
    made = {"fieldLabel": label, "fieldType": "textarea" if long else "text", "requiredField": required}
    return made | ({"placeholder": example} if example else {})


def choice(label: str, options: Sequence[str]) -> Field:
    listed = {"values": [{"option": each} for each in options]}
    return {"fieldLabel": label, "fieldType": "dropdown", "fieldOptions": listed, "requiredField": True}


def form(name: str, path: str, title: str, about: str, fields: Sequence[Field]) -> Node:
    parameters = {
        "authentication": "basicAuth",
        "formTitle": title,
        "formDescription": about,
        "formFields": {"values": list(fields)},
        "options": {"path": path},
    }
    return Node(name, "n8n-nodes-base.formTrigger", 2.2, parameters, credentials=used(SIGN_IN), listens=True)


def ending(name: str, title: str, message: str) -> Node:
    parameters = {
        "operation": "completion",
        "completionTitle": title,
        "completionMessage": message,
        "options": {},
    }
    return Node(name, "n8n-nodes-base.form", 1, parameters, listens=True)
