"""All the files that are handed out, as text, by their place under make/."""

import json
from collections.abc import Iterator

from make.source import picture
from make.source.scenarios import SCENARIOS
from make.source.template import Template, template

CHECKED = "checked against Make's exports and run by an interpreter of ours; never run at Make"
IMPORT = (
    "In Make, create a scenario, open the menu *...* below it, *Import Blueprint*, and choose "
    "`blueprint.json`. Modules show warnings until their connections are chosen; that is expected."
)


def files() -> dict[str, str]:
    made = [template(scenario()) for scenario in SCENARIOS]
    listed = {"templates": [_entry(each) for each in made]}
    return {"index.json": _json(listed), **dict(pair for each in made for pair in _of(each))}


def _of(template: Template) -> Iterator[tuple[str, str]]:
    slug, blueprint = template.scenario.slug, template.blueprint
    yield f"{slug}/blueprint.json", _json(blueprint)
    yield f"{slug}/picture.svg", picture.svg(blueprint)
    yield f"{slug}/README.md", _page(template)


def _entry(template: Template) -> dict[str, object]:
    return {
        "slug": template.scenario.slug,
        "title": template.title,
        "summary": template.summary,
        "needs": list(template.needs),
        "cannot": template.cannot,
        "tags": list(template.tags),
        "tested": CHECKED,
        "file": "blueprint.json",
        "first_try": "",
        "listens": [{"node": "Webhook in Make", "path": ""}] if template.scenario.instant else [],
        "calls_relay": template.calls_relay,
        "receives": template.receives,
    }


def _page(template: Template) -> str:
    steps = "\n".join(f"{number}. {step}" for number, step in enumerate((IMPORT, *template.steps), 1))
    paragraphs = "\n\n".join(template.about)
    return f"""# {template.title}

{template.summary}

**For** {template.audience}

{paragraphs}

[![The scenario with its modules](picture.svg)](picture.svg)

## What it needs

{_list(template.needs)}

## Set it up

{steps}

## What this scenario cannot promise

{template.cannot}

## Good to know

{_list(template.more)}

Make runs only in its own cloud. This file is {CHECKED}. Please report what you find.

Tags: {", ".join(template.tags)}.
"""


def _list(lines: tuple[str, ...]) -> str:
    return "\n".join(f"- {each}" for each in lines)


def _json(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
