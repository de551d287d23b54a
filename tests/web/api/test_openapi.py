"""The document is valid OpenAPI, says the same as the table, and its page shows all of it as text."""

import re
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from relay.generation.kinds import kinds
from relay.web.api.openapi import document
from relay.web.api.operation import Operation, Request
from relay.web.api.registry import OPERATIONS
from tests.web.site import Site


@pytest.fixture
def made() -> dict[str, Any]:
    return document(OPERATIONS)


def references(value: object) -> set[str]:
    if isinstance(value, dict):
        own = {value["$ref"]} if isinstance(value.get("$ref"), str) else set()
        return own.union(*(references(each) for each in value.values()))
    return set().union(*(references(each) for each in value)) if isinstance(value, list) else set()


@pytest.mark.heavy
def test_the_document_is_valid_openapi(made: dict[str, Any]) -> None:
    OpenAPIV31SpecValidator(made).validate()


def test_the_site_serves_it(site: Site, made: dict[str, Any]) -> None:
    answer = site.client.get("/openapi.json")
    assert (answer.content_type, answer.json) == ("application/json", made)


@pytest.mark.heavy
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: each.id)
def test_each_operation_is_described(made: dict[str, Any], operation: Operation) -> None:
    described = made["paths"][operation.path][operation.method.lower()]
    assert described["operationId"] == operation.id
    assert described["summary"]
    names = {each["name"] for each in described.get("parameters", ())}
    assert set(operation.path_names) <= names
    assert set(operation.query.model_fields if operation.query else ()) <= names
    problems = {int(status) for status in described["responses"]} - {200, 201}
    assert problems == set(operation.statuses)
    for status in problems:
        assert list(described["responses"][str(status)]["content"]) == ["application/problem+json"]


def test_nothing_else_is_described_and_no_id_stands_twice(made: dict[str, Any]) -> None:
    described = [(path, method) for path, methods in made["paths"].items() for method in methods]
    assert set(described) == {(each.path, each.method.lower()) for each in OPERATIONS}
    assert len({each.id for each in OPERATIONS}) == len(OPERATIONS)


def test_every_schema_is_used_and_every_reference_leads_to_one(made: dict[str, Any]) -> None:
    schemas = {f"#/components/schemas/{name}" for name in made["components"]["schemas"]}
    assert references(made) == schemas


def test_a_request_may_not_hold_what_the_document_does_not_know(made: dict[str, Any]) -> None:
    for each in OPERATIONS:
        for model in filter(None, (each.query, each.body)):
            assert issubclass(model, Request)
            assert model.model_config["extra"] == "forbid"
    assert made["components"]["schemas"]["JobRequest"]["additionalProperties"] is False


def test_the_kinds_are_named(made: dict[str, Any]) -> None:
    names = made["components"]["schemas"]["JobRequest"]["properties"]["kind"]["enum"]
    assert names == [each.name for each in kinds()]


# ---- its page


def test_the_page_shows_every_operation_and_field(site: Site, made: dict[str, Any]) -> None:
    text = site.client.get("/api").text
    for operation in OPERATIONS:
        assert f"<code>{operation.method} {operation.path}</code>" in text
    for name, schema in made["components"]["schemas"].items():
        assert f'id="{name}"' in text
        for field in schema.get("properties", {}):
            assert f"<td><code>{field}</code></td>" in text
    assert "GET /api/kinds/{name} has their schema" in text


def test_each_link_of_the_page_leads_somewhere(site: Site) -> None:
    text = site.client.get("/api").text
    ids = re.findall(r'\bid="([^"]+)"', text)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]+)"', text)) <= set(ids)


def test_the_page_runs_nothing_but_our_own_script(site: Site) -> None:
    answer = site.client.get("/api")
    assert re.findall(r"<script(?! src=\"/static/)", answer.text) == []
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


def test_words_of_the_document_stay_text(site: Site) -> None:
    template = site.app.jinja_env.get_template("api.html")
    hostile = {
        "info": {"description": "<img src=x onerror=alert(1)>"},
        "paths": {},
        "components": {"schemas": {}},
    }
    with site.app.test_request_context():
        assert "<img" not in template.render(api=hostile)
