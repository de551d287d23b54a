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
    "Every result reaches every tool it belongs in. Times are UTC. Lists are newest first. What goes wrong "
    "is a problem document (RFC 9457) whose detail says what to do."
)
_WORDS = {
    400: "Malformed.",
    401: "No token, or one that is unknown or was revoked.",
    404: "There is none.",
    409: "Not as things stand; the detail says why.",
    413: "Too large.",
    415: "Not a type of body that is taken here.",
    422: "Fields are wrong; `errors` says which, and why.",
    500: "The relay failed by itself.",
    503: "Not now; try again in a moment.",
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
    asked = [model for each in operations for model in (each.query, each.body) if model]
    answered: list[type[BaseModel]] = [Problem, *(each.answer for each in operations)]
    models: list[tuple[type[BaseModel], JsonSchemaMode]] = [(each, "validation") for each in _sorted(asked)]
    models += [(each, "serialization") for each in _sorted(answered)]
    refs, defined = models_json_schema(models, ref_template=_SCHEMAS + "{model}")
    schemas = defined["$defs"]
    paths: Json = {}
    for each in operations:
        queried = schemas[_name(refs[each.query, "validation"])] if each.query else {}
        body = refs[each.body, "validation"] if each.body else None
        answer = refs[each.answer, "serialization"]
        paths.setdefault(each.path, {})[each.method.lower()] = _operation(each, queried, body, answer)
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
                "token": {"type": "http", "scheme": "bearer", "description": "relay tokens add NAME"}
            },
        },
    }


def _operation(each: Operation, queried: Json, body: Json | None, answer: Json) -> Json:
    made: Json = {
        "operationId": each.id,
        "tags": [each.group],
        "summary": each.summary,
        "responses": _responses(each, answer),
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
        words = "Names this request, so that a repeat of it makes nothing new."
        found.append(
            {"name": KEY_HEADER, "in": "header", "required": False, "schema": schema, "description": words}
        )
    return found


def _one_type(schema: Json) -> Json:
    """A query has no null: what may be left out is just not required."""
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


def _responses(each: Operation, answer: Json) -> Json:
    content = {"application/json": {"schema": answer}}
    responses: Json = {"200": {"description": each.answer.__name__, "content": content}}
    if each.makes:
        location = {"Location": {"description": "Where it is.", "schema": {"type": "string"}}}
        responses["200"]["description"] = "There was one already, by the same key or id."
        responses["201"] = {"description": "It was made.", "content": content, "headers": location}
    problem = {CONTENT_TYPE: {"schema": {"$ref": f"{_SCHEMAS}{Problem.__name__}"}}}
    for status in each.statuses:
        responses[str(status)] = {"description": _WORDS[status], "content": problem}
    return responses


def _sorted(models: Iterable[type[BaseModel]]) -> list[type[BaseModel]]:
    return sorted(set(models), key=lambda each: each.__name__)


def _name(ref: Json) -> str:
    return str(ref["$ref"]).removeprefix(_SCHEMAS)
