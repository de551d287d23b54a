"""Requests over HTTP: each with a time limit, and retried only where that is safe."""

from collections.abc import Mapping, Sequence
from typing import Any

from n8n.source import nodes
from n8n.source.credentials import Credential, used
from n8n.source.flow import Node


def _authentication(credential: Credential | None) -> dict[str, str]:
    if credential is None:
        return {}
    if credential.kind.startswith("http"):
        return {"authentication": "genericCredentialType", "genericAuthType": credential.kind}
    return {"authentication": "predefinedCredentialType", "nodeCredentialType": credential.kind}


def request(
    name: str,
    method: str,
    url: str,
    *,
    credential: Credential | None = None,
    body: Mapping[str, Any] | None = None,
    headers: Sequence[Mapping[str, str]] = (),
    response: Mapping[str, Any] | None = None,
    seconds: int = 60,
    settings: Mapping[str, Any] | None = None,
) -> Node:
    """A request with a time limit. Without `settings` it is retried when it fails: only for safe requests."""
    options: dict[str, Any] = {"timeout": seconds * 1000}
    if response:
        options["response"] = {"response": response}
    sent: dict[str, Any] = {}
    if headers:
        sent |= {"sendHeaders": True, "headerParameters": {"parameters": list(headers)}}
    if body:
        sent |= {"sendBody": True, **body}
    parameters = {"method": method, "url": url, **_authentication(credential), **sent, "options": options}
    return Node(
        name,
        "n8n-nodes-base.httpRequest",
        4.2,
        parameters,
        credentials=used(credential) if credential else {},
        settings=nodes.RETRIED if settings is None else settings,
    )


def form_body(file: str, *fields: tuple[str, str]) -> dict[str, Any]:
    """A multipart form: names with values, and last the binary `data` by the name `file`."""
    parts = [{"parameterType": "formData", "name": name, "value": value} for name, value in fields]
    sent = {"parameterType": "formBinaryData", "name": file, "inputDataFieldName": "data"}
    return {"contentType": "multipart-form-data", "bodyParameters": {"parameters": [*parts, sent]}}


def json_body(expression: str) -> dict[str, str]:
    return {"specifyBody": "json", "jsonBody": f"={{{{ JSON.stringify({expression}) }}}}"}


def size_of(name: str, url: str) -> Node:
    """The response's headers without the file: content-length has its size."""
    response = {"fullResponse": True, "responseFormat": "text"}
    return request(name, "HEAD", url, response=response)


def download(name: str, url: str, *, caught: bool = False) -> Node:
    """Into the binary `data`. `caught`: output 1 when it cannot be fetched."""
    settings = {**nodes.RETRIED, "onError": "continueErrorOutput"} if caught else None
    return request(name, "GET", url, response={"responseFormat": "file"}, seconds=300, settings=settings)
