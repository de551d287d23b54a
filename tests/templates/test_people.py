"""What the templates say to people who do not write code: on their pages, in their notes, in the list."""

import json
import re
from collections.abc import Mapping
from typing import Any

import pytest

from relay.workflow_templates import PLACEHOLDER, Template, templates
from tests.templates.n8n_check import problems
from tests.templates.n8n_trim import CATALOGUE

TEMPLATES = templates()
each_template = pytest.mark.parametrize("template", TEMPLATES, ids=lambda each: each.name)

# What is typed into a terminal, and never into n8n, Make or the relay's pages.
COMMANDS = re.compile(
    r"```|\bcurl\b|\bwget\b|\bpython3? -|\bpip install\b|\bnpm\b|\bnpx\b|\bdocker\b|^\s*\$ |`\$ |"
    r"\brelay (?:templates|tokens|connections|jobs|serve|worker|send-test|archive|sandbox|demo)\b",
    re.MULTILINE,
)
SECTIONS = {
    "n8n": (
        "Who's it for",
        "How it works",
        "How to set up",
        "Requirements",
        "How to customize the workflow",
        "What it cannot promise",
    ),
    "make": ("What it needs", "Set it up", "What this scenario cannot promise"),
}


def readme(template: Template) -> str:
    return (template.path.parent / "README.md").read_text(encoding="utf-8")


def notes(template: Template) -> list[str]:
    """Every note in the file, the main one first, as people read them."""
    made = json.loads(template.text(""))
    if template.tool == "make":
        return [re.sub(r"<[^>]+>", " ", each["content"]) for each in made["metadata"]["notes"]]
    stickies = [each for each in made["nodes"] if each["type"].endswith("stickyNote")]
    stickies.sort(key=lambda each: each["name"] != "Read me first")
    return [each["parameters"]["content"] for each in stickies]


def listed(template: Template) -> Mapping[str, Any]:
    index = json.loads((template.path.parent.parent / "index.json").read_text(encoding="utf-8"))
    return next(each for each in index["templates"] if each["slug"] == template.slug)


@pytest.mark.parametrize(
    "text",
    [
        "Run `curl https://...`",
        "```sh\nmake demo\n```",
        "Create one: relay tokens add NAME",
        "$ relay serve",
        "python -m relay",
    ],
)
def test_a_planted_command_is_found(text: str) -> None:
    assert COMMANDS.search(text)


@each_template
def test_nothing_that_people_read_has_a_command(template: Template) -> None:
    texts = [readme(template), *notes(template), json.dumps(listed(template), ensure_ascii=False)]
    if form := template.first_try(""):
        texts.append(form)
    assert [found[0] for text in texts for found in [COMMANDS.search(text)] if found] == []


@each_template
def test_the_main_note_says_it_all_in_about_two_hundred_words(template: Template) -> None:
    words = [each for each in notes(template)[0].split() if re.search(r"[a-z]", each, re.IGNORECASE)]
    assert 170 <= len(words) <= 240


@each_template
def test_a_page_has_what_the_galleries_ask_for(template: Template) -> None:
    page, about = readme(template), listed(template)
    assert re.fullmatch(r"[A-Z][a-z]+ (?:\S+ ?)+[^.]", about["title"])  # a verb first, no full stop
    assert about["summary"].endswith(".")
    assert len(about["summary"].split()) <= 25
    for section in SECTIONS[template.tool]:
        assert f"## {section}\n" in page, section
    assert 2 <= len(about["tags"]) <= 6
    assert f"Tags: {', '.join(about['tags'])}." in page


@each_template
def test_a_first_try_is_a_button_or_a_form(template: Template) -> None:
    (tried,) = [step for step in template.steps() if "first try" in step]
    assert re.search(
        r"\*Execute workflow\*|\*Run once\*|\bform\b|create a draft product|sample result", tried
    ), tried


@each_template
def test_what_it_cannot_promise_is_on_its_page_and_without_a_relay_in_its_note(template: Template) -> None:
    assert len(template.cannot.split()) >= 15
    assert template.cannot in readme(template)
    if template.is_direct:
        plain = template.cannot.replace("*", "").replace("`", "")
        note = notes(template)[0].replace("*", "").replace("`", "").replace("&amp;", "&")
        assert plain in note
        assert re.search(r"\blost\b|\bcalls at most\b|not finished automatically", plain)


@each_template
def test_calls_of_the_relay_say_which_template_they_are_from(template: Template) -> None:
    """Every request to the relay's API has the header, so that the template's page can see the first one."""
    made = template.text("")
    named = {"name": "Relay-Template", "value": template.name}
    if template.tool == "n8n":
        given = [each["parameters"] for each in json.loads(made)["nodes"]]
        called = [each for each in given if re.search(r"relay_url.*/api/", each.get("url", ""))]
        headers = [each["headerParameters"]["parameters"] for each in called]
    else:
        headers = [each["headers"] for each in _mappers(json.loads(made)) if PLACEHOLDER in each["url"]]
    assert bool(headers) == template.calls_relay
    for each in headers:
        assert named in each


def _mappers(value: Any) -> list[Mapping[str, Any]]:
    if isinstance(value, list):
        return [found for each in value for found in _mappers(each)]
    if not isinstance(value, dict):
        return []
    own = [value["mapper"]] if value.get("module") == "http:MakeRequest" else []
    return own + [found for each in value.values() for found in _mappers(each)]


@each_template
def test_the_form_of_a_first_try_posts_to_the_templates_own_address_with_its_key(template: Template) -> None:
    form = template.first_try("")
    if form is None:
        return
    assert problems(json.loads(form), json.loads(CATALOGUE.read_text(encoding="utf-8"))) == []
    nodes = {each["name"]: each for each in json.loads(form)["nodes"]}
    sent = nodes["Send the product"]
    assert sent["credentials"] == {"httpHeaderAuth": {"id": None, "name": "Start key"}}
    start = next(
        each for each in json.loads(template.text(""))["nodes"] if each["name"] == "A product arrives"
    )
    assert sent["parameters"]["url"].endswith(f"/webhook/{start['parameters']['path']}")
    fields = {each["fieldLabel"] for each in nodes["The form"]["parameters"]["formFields"]["values"]}
    assert {"sku", "image_url"} <= fields
    assert set(re.findall(r"\$json\.(\w+)", sent["parameters"]["jsonBody"])) == fields
