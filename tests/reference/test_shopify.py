"""Our schema and answers of Shopify say nothing that Shopify's own do not say."""

import json
from pathlib import Path

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
    parse,
    validate,
)
from graphql.type import is_required_input_field

from tests.reference.shopify import answers, schema, shape

ORIGINAL = Path(__file__).parents[3] / "shared" / "data" / "shopify"
OURS = {name: each for name, each in schema().type_map.items() if not name.startswith("__")}

needs_original = pytest.mark.skipif(
    not ORIGINAL.is_dir(), reason="Shopify's schema and recorded answers are not beside the repository"
)


@pytest.fixture(scope="module")
def original() -> GraphQLSchema:
    return build_schema((ORIGINAL / "admin-schema.graphql").read_text(encoding="utf-8"))


@needs_original
@pytest.mark.parametrize("name", OURS)
def test_each_type_of_ours_is_one_of_shopify_s(original: GraphQLSchema, name: str) -> None:
    ours, theirs = OURS[name], original.type_map[name]
    assert type(ours) is type(theirs)
    if isinstance(ours, GraphQLEnumType) and isinstance(theirs, GraphQLEnumType):
        assert set(ours.values) <= set(theirs.values)
    if isinstance(ours, GraphQLInputObjectType) and isinstance(theirs, GraphQLInputObjectType):
        assert ours.is_one_of == theirs.is_one_of
        required = {field for field, each in theirs.fields.items() if is_required_input_field(each)}
        assert required <= set(ours.fields)
    if isinstance(ours, (GraphQLObjectType, GraphQLInterfaceType)) and isinstance(
        theirs, (GraphQLObjectType, GraphQLInterfaceType)
    ):
        assert {each.name for each in ours.interfaces} <= {each.name for each in theirs.interfaces}


@needs_original
@pytest.mark.parametrize("name", [name for name, each in OURS.items() if hasattr(each, "fields")])
def test_each_field_of_ours_is_one_of_shopify_s_and_not_deprecated(
    original: GraphQLSchema, name: str
) -> None:
    known = original.type_map[name].fields  # type: ignore[attr-defined]
    for field, ours in OURS[name].fields.items():  # type: ignore[attr-defined]
        assert str(ours.type) == str(known[field].type), field
        assert known[field].deprecation_reason is None, field
        arguments, theirs = getattr(ours, "args", {}), getattr(known[field], "args", {})
        assert {each: str(value.type) for each, value in arguments.items()}.items() <= {
            each: str(value.type) for each, value in theirs.items()
        }.items(), field


@pytest.mark.parametrize("name", [name for name in answers() if not name.startswith("graphql_undefined")])
def test_each_request_of_ours_fits_the_schema(name: str) -> None:
    assert validate(schema(), parse(answers()[name]["request"]["query"])) == []


@needs_original
@pytest.mark.parametrize("name", answers())
def test_each_answer_of_ours_has_the_shape_of_the_recorded_one(name: str) -> None:
    ours = answers()[name]["response"]
    theirs = json.loads((ORIGINAL / "recorded" / f"{name}.json").read_text(encoding="utf-8"))["response"]
    assert (ours["status"], shape(ours["body"])) == (theirs["status"], shape(theirs["body"]))
    assert told(ours["body"]) == told(theirs["body"])


def told(value: object) -> list[object]:
    """What a refusal is called and where it points: no value of anybody's, but a fact of the API."""
    if isinstance(value, list):
        return [word for each in value for word in told(each)]
    if not isinstance(value, dict):
        return []
    facts = [value[name] for name in ("code", "typeName", "fieldName") if name in value]
    return facts + [word for each in value.values() for word in told(each)]
