"""The Make blueprints as files: each is what its source makes, and the checker finds nothing in it."""

import copy
import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from make.source.__main__ import ROOT
from make.source.files import files
from tests.templates.make_checker import check, schema

Blueprint = dict[str, Any]
SLUGS = sorted(path.parent.name for path in ROOT.glob("*/blueprint.json"))
ORIGINAL = ROOT.parent.parent / "shared" / "make" / "blueprint.schema.json"


def blueprint(slug: str) -> Blueprint:
    made: Blueprint = json.loads((ROOT / slug / "blueprint.json").read_text(encoding="utf-8"))
    return made


def problems(of: Blueprint) -> list[str]:
    return [str(each) for each in check(of)]


def modules(flow: list[Blueprint]) -> list[Blueprint]:
    found = []
    for each in flow:
        found += [each, *modules(each.get("onerror", []))]
        for route in each.get("routes", []):
            found += modules(route["flow"])
    return found


def test_the_committed_files_are_what_the_source_makes() -> None:
    committed = {
        str(path.relative_to(ROOT)): path.read_text(encoding="utf-8")
        for path in ROOT.rglob("*")
        if path.is_file() and "source" not in path.relative_to(ROOT).parts
    }
    assert committed == files(), "Run `python -m make.source`."


def test_the_list_names_every_template() -> None:
    listed = json.loads((ROOT / "index.json").read_text(encoding="utf-8"))["templates"]
    assert sorted(each["slug"] for each in listed) == SLUGS
    assert all((ROOT / each["slug"] / each["file"]).is_file() for each in listed)


@pytest.mark.parametrize("slug", SLUGS)
def test_nothing_in_a_blueprint_is_known_to_be_wrong(slug: str) -> None:
    assert problems(blueprint(slug)) == []


def _of_an_account(flow: Blueprint) -> None:
    flow["flow"][0]["parameters"]["hook"] = 4711


def _unescaped(flow: Blueprint) -> None:
    call = next(each for each in modules(flow["flow"]) if each["module"] == "http:MakeRequest")
    call["mapper"]["jsonStringBodyContent"] = '{"prompt": "{{1.prompt}}"}'


def _from_later(flow: Blueprint) -> None:
    flow["flow"][1]["mapper"] = {"key": "{{99.id}}"}


def _unhandled(flow: Blueprint) -> None:
    flow["metadata"]["scenario"]["dlq"] = False


@pytest.mark.parametrize("fault", [_of_an_account, _unescaped, _from_later, _unhandled])
def test_a_planted_fault_is_found(fault: Callable[[Blueprint], None]) -> None:
    broken = copy.deepcopy(blueprint("behind-the-relay"))
    fault(broken)
    assert problems(broken) != []


@pytest.mark.skipif(not ORIGINAL.is_file(), reason="the original of the schema is not beside the repository")
def test_the_schema_is_the_original_one() -> None:
    ours, original = (dict(each, description="") for each in (schema(), json.loads(ORIGINAL.read_text())))
    assert ours == original


@pytest.mark.parametrize("slug", SLUGS)
def test_a_call_that_fails_switches_no_scenario_off(slug: str) -> None:
    """An unhandled error does so at once. A call that may cost credits is for a person to decide on."""
    apps = ("http:", "slack:", "google-sheets:", "datastore:", "json:ParseJSON")
    for each in modules(blueprint(slug)["flow"]):
        if each["module"].startswith(apps):
            handler = [other["module"] for other in each.get("onerror", [])]
            assert handler, each["metadata"]["designer"]["name"]


@pytest.mark.parametrize("slug", SLUGS)
def test_a_paid_call_is_never_repeated_by_itself(slug: str) -> None:
    for each in modules(blueprint(slug)["flow"]):
        if "api.creativeai.run" in json.dumps(each["mapper"]):
            assert each["onerror"][-1]["module"] == "builtin:Ignore"


@pytest.mark.parametrize("slug", SLUGS)
def test_nothing_is_done_twice_of_what_comes_twice(slug: str) -> None:
    """How, is shown where the scenarios are run. The daily report alone does nothing but read."""
    flow = json.dumps(blueprint(slug))
    guards = ("datastore:ExistRecord", "datastore:GetRecord", "Idempotency-Key")
    assert any(each in flow for each in guards) or '"method": "post"' not in flow
    assert blueprint(slug)["metadata"]["scenario"]["sequential"]


@pytest.mark.parametrize("slug", SLUGS)
def test_texts_of_others_are_escaped_in_messages(slug: str) -> None:
    """A status, a number and lines that were escaped one by one need it not."""
    for each in modules(blueprint(slug)["flow"]):
        if each["module"] == "slack:CreateMessage":
            for expression in re.findall(r"\{\{(.*?)\}\}", each["mapper"]["text"]):
                plain = re.fullmatch(r"\d+\.(?:data\.status|statusCode|text)", expression)
                assert plain or expression.startswith("replace(replace(replace("), expression


@pytest.mark.parametrize("slug", SLUGS)
def test_no_text_is_put_into_json_but_as_json(slug: str) -> None:
    for each in modules(blueprint(slug)["flow"]):
        for name in ("jsonStringBodyContent", "body"):
            for expression in re.findall(r"\{\{(.*?)\}\}", str((each["mapper"] or {}).get(name, ""))):
                assert re.search(r"\d+\.(?:json|statusCode)", expression), expression


@pytest.mark.parametrize(
    ("slug", "computed"),
    [
        # https://creativeai.run/api-docs: `sha256=` and the HMAC-SHA256 of the exact body, in hex.
        ("signed-by-creativeai", 'sha256={{sha256(1.value; "hex"; 2.secret)}}'),
        # https://shopify.dev/docs/apps/build/webhooks: the HMAC-SHA256 of the exact body, in base64.
        ("shopify-through-the-relay", '{{sha256(1.value; "base64"; 2.secret)}}'),
    ],
)
def test_only_a_right_signature_gets_further_where_make_checks_it_itself(slug: str, computed: str) -> None:
    flow = blueprint(slug)["flow"]
    assert [each["module"] for each in flow[:2]] == ["gateway:CustomWebHook", "util:SetVariables"]
    rejected, accepted = (route["flow"] for route in flow[2]["routes"])
    assert [each["module"] for each in rejected] == ["gateway:WebhookRespond"]
    (conditions,) = accepted[0]["filter"]["conditions"]
    assert conditions == [
        {"a": "{{2.signature}}", "o": "text:equal", "b": computed},
        {"a": "{{2.secret}}", "o": "text:notequal", "b": "PASTE_SIGNING_SECRET_HERE"},
    ]


@pytest.mark.parametrize("slug", SLUGS)
def test_a_page_has_steps_and_says_what_was_not_tried(slug: str) -> None:
    page = (ROOT / slug / "README.md").read_text(encoding="utf-8")
    steps = re.findall(r"^\d+\. .*", page, re.MULTILINE)
    assert len(steps) >= 4
    assert any("first try" in each for each in steps)
    assert "never run at Make" in page
    assert "an interpreter of ours" in page


@pytest.mark.parametrize("slug", ["signed-by-creativeai", "image-to-video"])
def test_a_scenario_without_a_relay_says_what_it_cannot_promise(slug: str) -> None:
    note = blueprint(slug)["metadata"]["notes"][0]["content"]
    page = (ROOT / slug / "README.md").read_text(encoding="utf-8")
    assert all("What this scenario cannot promise" in each for each in (note, page))


@pytest.mark.parametrize("slug", SLUGS)
def test_a_picture_shows_every_module(slug: str) -> None:
    picture = (ROOT / slug / "picture.svg").read_text(encoding="utf-8")
    assert picture.count("<circle") == len(modules(blueprint(slug)["flow"]))
    assert "prefers-color-scheme: dark" in picture


@pytest.mark.parametrize("slug", SLUGS)
def test_no_address_but_the_vendors_and_the_placeholder_is_in_it(slug: str) -> None:
    known = {"api.creativeai.run", "api.airtable.com", "relay.example.com"}
    assert set(re.findall(r"https?://([^/\"\s]+)", json.dumps(blueprint(slug)))) <= known
