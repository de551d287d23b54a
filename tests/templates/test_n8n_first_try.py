"""The form of a first try, in a real n8n: executed by hand it starts the template, and the relay sees it."""

import json
from typing import Any

import pytest
import requests

from relay.workflow_templates import templates
from tests.templates.n8n_scene import PHOTO
from tests.templates.n8n_world import PATIENCE, World, credential_id
from tests.wire import wait_until

pytestmark = pytest.mark.n8n

TRIED = [each for each in templates() if each.tool == "n8n" and each.first_try("")]


@pytest.mark.parametrize("template", TRIED, ids=lambda each: each.slug)
def test_the_form_of_a_first_try_starts_the_template(template: Any, made: World) -> None:
    flow = json.loads(template.first_try("") or "")
    for node in flow["nodes"]:
        for credential in node.get("credentials", {}).values():
            credential["id"] = credential_id(credential["name"])  # as the editor finds it by its name
    kept = made.n8n.add(flow)
    form = next(node for node in flow["nodes"] if node["name"] == "The form")
    before = made.n8n.last()
    made.n8n.run(kept, "The form")
    labels = [each["fieldLabel"] for each in form["parameters"]["formFields"]["values"]]
    values = {
        "sku": f"TRY-{before}",
        "title": "A mug",
        "image_url": PHOTO,
        "narration": "Meet the mug.",
    }
    filled = {f"field-{place}": (None, values[label]) for place, label in enumerate(labels)}
    answer = requests.post(f"{made.n8n.url}/form-test/{form['webhookId']}", files=filled, timeout=60)
    assert answer.ok, answer.text
    table = "Films" if "narration" in labels else "Videos"

    def states() -> list[str]:
        return [each.get("Status", "") for each in made.records(table) if each["SKU"] == values["sku"]]

    wait_until(lambda: states() == ["Completed"], PATIENCE, pause=1)
    made.settle()
    ran = made.n8n.executions(before)
    assert [each.error for each in ran] == [""] * len(ran)
    assert any(each.workflow != kept and "A product arrives" in each.ran for each in ran)
    assert states() == ["Completed"]
    if template.calls_relay:
        called = "select count(*) from setting where name = ?"
        with made.relay.database() as database:
            assert database.execute(called, [f"template.called.{template.name}"]).fetchone() == (1,)
