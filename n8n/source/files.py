"""All the files that are handed out, as text, by their place under n8n/."""

import json
from collections.abc import Iterator

from n8n.source import first_try, layout, nodes, page, picture
from n8n.source.template import Template, template
from n8n.source.workflows import (
    behind_the_relay,
    catalogue_batch,
    commerce_pipeline,
    image_to_video_airtable,
    image_to_video_sheets_slack,
    relay_report,
    shopify_product_video,
    signature_guard,
    team_form,
)

MODULES = (
    image_to_video_airtable,
    image_to_video_sheets_slack,
    shopify_product_video,
    catalogue_batch,
    commerce_pipeline,
    team_form,
    signature_guard,
    behind_the_relay,
    relay_report,
)


def templates() -> list[Template]:
    return [template(module.made()) for module in MODULES]


def files() -> dict[str, str]:
    made = templates()
    listed = {"templates": [_entry(each) for each in made]}
    return {"index.json": _json(listed), **dict(pair for each in made for pair in _of(each))}


def _of(template: Template) -> Iterator[tuple[str, str]]:
    slug = template.flow.slug
    workflow = layout.workflow(template.flow, template.story)
    yield f"{slug}/workflow.json", _json(workflow)
    yield f"{slug}/picture.svg", picture.svg(workflow)
    yield f"{slug}/README.md", page.readme(template)
    if form := template.first_try:
        yield f"{slug}/first-try.json", _json(layout.workflow(form, first_try.NOTE))


def _entry(template: Template) -> dict[str, object]:
    return {
        "slug": template.flow.slug,
        "title": template.flow.title,
        "summary": template.summary,
        "needs": template.needs,
        "cannot": template.cannot,
        "tags": list(template.tags),
        "tested": f"n8n {nodes.TESTED}",
        "file": "workflow.json",
        "first_try": "first-try.json" if template.try_it else "",
        "listens": [{"node": name, "path": path} for name, path in template.listens],
        "calls_relay": template.calls_relay,
        "receives": template.receives,
    }


def _json(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
