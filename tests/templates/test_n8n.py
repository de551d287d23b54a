"""The n8n templates as files: each is what its source makes, and nothing in it is known to be wrong."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from graphql import parse, validate

from n8n.source.__main__ import ROOT
from n8n.source.files import files
from tests.reference.shopify import schema
from tests.templates.n8n_check import BEGINS, kind, problems, targets, texts, working
from tests.templates.n8n_trim import CATALOGUE

Workflow = dict[str, Any]
SLUGS = sorted(path.parent.name for path in ROOT.glob("*/workflow.json"))
KNOWN = json.loads(CATALOGUE.read_text(encoding="utf-8"))


def workflow(slug: str) -> Workflow:
    made: Workflow = json.loads((ROOT / slug / "workflow.json").read_text(encoding="utf-8"))
    return made


def node(of: Workflow, name: str) -> Any:
    return next(each for each in of["nodes"] if each["name"] == name)


def test_the_committed_files_are_what_the_source_makes() -> None:
    committed = {
        str(path.relative_to(ROOT)): path.read_text(encoding="utf-8")
        for path in ROOT.rglob("*")
        if path.is_file() and "source" not in path.relative_to(ROOT).parts
    }
    assert committed == files(), "Run `python -m n8n.source`."


def test_the_list_names_every_template() -> None:
    listed = json.loads((ROOT / "index.json").read_text(encoding="utf-8"))["templates"]
    assert sorted(each["slug"] for each in listed) == SLUGS
    for each in listed:
        assert (ROOT / each["slug"] / each["file"]).is_file()
        assert each["tested"] == f"n8n {KNOWN['n8n']}"


@pytest.mark.parametrize("slug", SLUGS)
def test_nothing_in_a_template_is_known_to_be_wrong(slug: str) -> None:
    assert problems(workflow(slug), KNOWN) == []


def test_no_two_templates_listen_at_one_address() -> None:
    paths = [
        (kind(each), each["parameters"].get("path") or each["parameters"]["options"]["path"])
        for slug in SLUGS
        for each in workflow(slug)["nodes"]
        if kind(each) in ("webhook", "formTrigger")
    ]
    assert len(paths) == len(set(paths)) > len(SLUGS)
    assert len({workflow(slug)["id"] for slug in SLUGS}) == len(SLUGS)


@pytest.mark.parametrize("slug", SLUGS)
def test_nothing_can_happen_before_a_signature_is_checked(slug: str) -> None:
    """From a webhook without a key, only the computing and comparing of signatures lead to the If."""
    flow = workflow(slug)
    nodes = {each["name"]: each for each in working(flow)}
    for start, each in nodes.items():
        if kind(each) == "webhook" and each["parameters"]["options"].get("rawBody"):
            way = [start]
            while kind(nodes[way[-1]]) != "if":
                way += [end for source, _, end in targets(flow) if source == way[-1]]
            kinds = {kind(nodes[name]) for name in way[1:]}
            assert {"crypto", "if"} <= kinds <= {"crypto", "code", "extractFromFile", "if"}
            refused = [end for source, output, end in targets(flow) if (source, output) == (way[-1], 1)]
            assert [nodes[end]["parameters"]["options"]["responseCode"] for end in refused] == [401]
            assert not [line for line in targets(flow) if line[0] in refused]


@pytest.mark.parametrize("slug", SLUGS)
def test_a_page_names_every_credential_and_every_address(slug: str) -> None:
    page = (ROOT / slug / "README.md").read_text(encoding="utf-8")
    for each in working(workflow(slug)):
        for credential in each.get("credentials", {}).values():
            assert f"`{credential['name']}`" in page
    written = set(re.findall(r"`/webhook/([\w-]+)`", page))
    assert written == {
        each["parameters"]["path"] for each in working(workflow(slug)) if kind(each) == "webhook"
    }


@pytest.mark.parametrize("slug", SLUGS)
def test_a_template_has_fewer_than_thirty_nodes_or_its_page_says_why(slug: str) -> None:
    page = (ROOT / slug / "README.md").read_text(encoding="utf-8")
    assert (len(working(workflow(slug))) >= 30) == ("more than 30 nodes, because" in page)


@pytest.mark.parametrize("slug", SLUGS)
def test_a_picture_shows_every_node_and_both_lights(slug: str) -> None:
    picture = (ROOT / slug / "picture.svg").read_text(encoding="utf-8")
    flow = workflow(slug)
    assert picture.count('class="node') == len(working(flow))
    assert picture.count('class="line"') == len(list(targets(flow)))
    assert "prefers-color-scheme: dark" in picture


def test_the_catalogue_is_of_names_alone() -> None:
    assert set(KNOWN) == {"n8n", "nodes"}
    words = [each for each in texts(KNOWN["nodes"]) if not re.fullmatch(r"[A-Za-z0-9]+", each)]
    assert words == []


def test_what_is_asked_of_shopify_fits_its_schema() -> None:
    asked = [
        text for each in workflow("shopify-product-video")["nodes"] for text in texts(each["parameters"])
    ]
    documents = [found for text in asked for found in re.findall(r"query: '([^']+)'", text)]
    assert len(documents) == 3
    for document in documents:
        assert validate(schema(), parse(document)) == []


def test_every_template_has_a_beginning_and_says_so_in_its_story() -> None:
    for slug in SLUGS:
        flow = workflow(slug)
        assert any(kind(each) in BEGINS for each in flow["nodes"])
        assert "**Set up**" in node(flow, "Read me first")["parameters"]["content"]


def test_the_source_is_no_part_of_what_is_handed_out() -> None:
    assert not [each for each in files() if Path(each).parts[0] == "source"]
