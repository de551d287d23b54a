"""The API's OpenAPI 3.1 document, made from the table of operations, and the page that shows it.

https://spec.openapis.org/oas/v3.1.1
"""

import json
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from flask import Blueprint, Response, render_template
from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from relay import __version__
from relay.web.api.operation import KEY_HEADER, Operation
from relay.web.api.problem import CONTENT_TYPE, Problem
from relay.web.api.request_parsing import LONGEST_KEY
from relay.web.headers import protect_page

DOCUMENT = "/openapi.json"
_SCHEMAS = "#/components/schemas/"
_ABOUT = (
    "Create jobs at CreativeAI, follow them, and see where their results were delivered. Times are UTC. "
    "Lists are newest first. Errors are problem documents (RFC 9457) whose detail says what to do."
)
_STATUSES = {
    400: "The request is malformed.",
    401: "The token is missing, unknown or revoked.",
    404: "Not found.",
    409: "The current state does not allow this; the detail says why.",
    413: "The body is too large.",
    415: "This type of body is not supported.",
    422: "Fields are invalid; `errors` lists them with the reason.",
    500: "Internal error in the relay.",
    503: "The relay is busy; try again in a moment.",
}

Json = dict[str, Any]


def routes(blueprint: Blueprint, operations: Sequence[Operation]) -> None:
    @lru_cache(maxsize=1)
    def made() -> Json:
        return document(operations)

    @blueprint.get(DOCUMENT, provide_automatic_options=False)
    def openapi_document() -> Response:
        return Response(json.dumps(made()), content_type="application/json")

    @blueprint.get("/api", provide_automatic_options=False)
    def api_page() -> Response:
        page = Response(render_template("api.html", api=made()), content_type="text/html; charset=utf-8")
        protect_page(page)
        return page


def document(operations: Sequence[Operation]) -> Json:
    requests = [model for each in operations for model in (each.query, each.body) if model]
    responses: list[type[BaseModel]] = [Problem, *(each.response for each in operations)]
    models: list[tuple[type[BaseModel], JsonSchemaMode]] = [
        (each, "validation") for each in _sorted(requests)
    ]
    models += [(each, "serialization") for each in _sorted(responses)]
    refs, defined = models_json_schema(models, ref_template=_SCHEMAS + "{model}")
    schemas = defined["$defs"]
    paths: Json = {}
    for each in operations:
        queried = schemas[_name(refs[each.query, "validation"])] if each.query else {}
        body = refs[each.body, "validation"] if each.body else None
        response = refs[each.response, "serialization"]
        paths.setdefault(each.path, {})[each.method.lower()] = _operation(each, queried, body, response)
    for query in {each.query for each in operations if each.query}:
        schemas.pop(_name(refs[query, "validation"]), None)
    return {
        "openapi": "3.1.0",
        "info": {"title": "CreativeAI Relay", "version": __version__, "description": _ABOUT},
        "servers": [{"url": "/"}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A token from the page Settings.",
                }
            },
        },
    }


def _operation(each: Operation, queried: Json, body: Json | None, response: Json) -> Json:
    made: Json = {
        "operationId": each.id,
        "tags": [each.group],
        "summary": each.summary,
        "responses": _responses(each, response),
    }
    if each.description:
        made["description"] = each.description
    if parameters := _parameters(each, queried):
        made["parameters"] = parameters
    if body:
        made["requestBody"] = {"required": True, "content": _content(each, body)}
    return made


def _parameters(each: Operation, queried: Json) -> list[Json]:
    found: list[Json] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
        for name in each.path_names
    ]
    for name, schema in queried.get("properties", {}).items():
        parameter = {"name": name, "in": "query", "required": False, "schema": _one_type(schema)}
        found.append(parameter | {"description": schema.get("description", "")})
    if each.takes_key:
        schema = {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY}
        description = "Identifies this request, so that repeating it creates nothing new."
        found.append(
            {
                "name": KEY_HEADER,
                "in": "header",
                "required": False,
                "schema": schema,
                "description": description,
            }
        )
    return found


def _one_type(schema: Json) -> Json:
    """A query has no null: an optional parameter is just not required."""
    kept = {name: value for name, value in schema.items() if name not in ("anyOf", "default", "description")}
    types = [each for each in schema.get("anyOf", ()) if each.get("type") != "null"]
    default = {} if schema.get("default") is None else {"default": schema["default"]}
    return kept | (types[0] if types else {}) | default


def _content(each: Operation, body: Json) -> Json:
    content: Json = {"application/json": {"schema": body}}
    if each.uploads:
        files = {"type": "string", "contentMediaType": "application/octet-stream"}
        content["multipart/form-data"] = {
            "schema": {
                "type": "object",
                "properties": {each.uploads: body},
                "required": [each.uploads],
                "additionalProperties": files,
            },
            "encoding": {each.uploads: {"contentType": "application/json"}},
        }
    return content


def _responses(each: Operation, response: Json) -> Json:
    content = {"application/json": {"schema": response}}
    responses: Json = {"200": {"description": "OK.", "content": content}}
    if each.makes:
        location = {"Location": {"description": "Address of the new object.", "schema": {"type": "string"}}}
        responses["200"]["description"] = "Already existed, with the same key or ID."
        responses["201"] = {"description": "Created.", "content": content, "headers": location}
    problem = {CONTENT_TYPE: {"schema": {"$ref": f"{_SCHEMAS}{Problem.__name__}"}}}
    for status in each.statuses:
        responses[str(status)] = {"description": _STATUSES[status], "content": problem}
    return responses


def _sorted(models: Iterable[type[BaseModel]]) -> list[type[BaseModel]]:
    return sorted(set(models), key=lambda each: each.__name__)


def _name(ref: Json) -> str:
    return str(ref["$ref"]).removeprefix(_SCHEMAS)
