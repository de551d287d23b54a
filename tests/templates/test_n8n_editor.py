"""The steps of each template's page, in n8n's own editor: credentials, import, settings, publish."""

import json
import re
import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from sandbox import serve
from tests.browser.conftest import CHROMIUMS
from tests.templates import n8n_network
from tests.templates.conftest import missing
from tests.templates.n8n_server import OWNER, WEBHOOK, N8n
from tests.templates.n8n_world import SLUGS, TEMPLATES, credentials, workflow
from tests.wire import wait_until

pytestmark = pytest.mark.n8n

SLOW = 60_000  # ms; the editor is large


@pytest.fixture(scope="module")
def n8n(installed_n8n: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[N8n]:
    """With every credential that the pages name, and no workflow."""
    folder = tmp_path_factory.mktemp("editor")
    sandbox = serve()
    made = N8n(installed_n8n, folder, n8n_network.make_certificate(folder), editor=True)
    try:
        made.bring_in_credentials(folder, credentials(sandbox, "cr_of_the_tests"))
        made.start()
        yield made
    finally:
        made.stop()
        sandbox.stop()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    path = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    if path is None:
        missing("needs a Chromium: sh .ci/install-browser")
    with sync_playwright() as playwright:
        playwright.selectors.set_test_id_attribute("data-test-id")
        expect.set_options(timeout=SLOW)
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def editor(chromium: Browser, n8n: N8n) -> Iterator[Page]:
    """Signed in, before a workflow that is new."""
    context = chromium.new_context(viewport={"width": 1600, "height": 1000})
    page = context.new_page()
    page.set_default_timeout(SLOW)
    given = {"emailOrLdapLoginId": OWNER["email"], "password": OWNER["password"]}
    assert page.request.post(f"{n8n.url}/rest/login", data=given).ok
    page.goto(f"{n8n.url}/workflow/new")
    page.get_by_test_id("workflow-menu").wait_for()
    yield page
    context.close()


def import_file(editor: Page, file: Path) -> None:
    """As step "Import" of each page says."""
    editor.get_by_test_id("workflow-menu").click()
    editor.get_by_role("menuitem", name="Import", exact=True).hover()
    with editor.expect_file_chooser() as chosen:
        editor.get_by_role("menuitem", name="From file", exact=True).click()
    chosen.value.set_files(file)
    nodes = len(json.loads(file.read_text())["nodes"])
    expect(editor.locator(".vue-flow__node")).to_have_count(nodes)


@pytest.mark.parametrize("slug", SLUGS)
def test_a_file_that_is_imported_finds_its_credentials_shows_its_settings_and_is_published(
    slug: str, editor: Page, n8n: N8n
) -> None:
    template = workflow(slug)
    import_file(editor, TEMPLATES / slug / "workflow.json")
    expect(editor.get_by_test_id("sticky").first).to_be_visible()
    for settings in (node for node in template["nodes"] if node["name"] == "Settings"):
        editor.locator("[data-node-name=Settings]").first.dblclick()
        for field in settings["parameters"]["assignments"]["assignments"]:
            expect(editor.get_by_test_id("assignment-name").get_by_role("textbox").first).to_be_visible()
            assert field["name"] in names(editor)
        editor.keyboard.press("Escape")
    publish(editor)
    for node in template["nodes"]:
        if node["type"] == WEBHOOK:
            wait_until(partial(n8n.listens, node["parameters"]["path"]), 60)
    assert without_credential(editor, n8n) == []


def publish(editor: Page) -> None:
    editor.get_by_test_id("workflow-open-publish-modal-button").click()
    editor.get_by_test_id("workflow-publish-button").click()
    expect(editor.get_by_test_id("workflow-publish-button")).to_have_count(0)


def without_credential(editor: Page, n8n: N8n) -> list[str]:
    """The nodes whose credential n8n did not find, in the workflow as it keeps it."""
    kept = n8n.workflow(re.findall(r"/workflow/(\w+)", editor.url)[0])
    return [
        node["name"]
        for node in kept["nodes"]
        for credential in node.get("credentials", {}).values()
        if not credential.get("id")
    ]


def names(editor: Page) -> list[str]:
    """Of the fields of the node that is open."""
    return [each.input_value() for each in editor.get_by_test_id("assignment-name").locator("input").all()]


def test_a_workflow_whose_credential_is_not_there_is_not_published(editor: Page, tmp_path: Path) -> None:
    """Or the test above would prove nothing."""
    file = tmp_path / "workflow.json"
    template = workflow("signature-guard")
    for hook in (node for node in template["nodes"] if node["type"] == WEBHOOK):
        hook["parameters"]["path"] += "-again"  # the others are taken by the test above
    file.write_text(json.dumps(template).replace("CreativeAI signing secret", "Another secret"))
    import_file(editor, file)
    editor.get_by_test_id("workflow-open-publish-modal-button").click()
    editor.get_by_test_id("workflow-publish-button").click()
    expect(editor.get_by_text("Credential not configured: crypto").first).to_be_visible()


def test_the_types_of_credentials_have_the_names_that_the_pages_say(installed_n8n: Path) -> None:
    described = installed_n8n / "node_modules" / "n8n-nodes-base" / "dist" / "types" / "credentials.json"
    known = {each["displayName"] for each in json.loads(described.read_text())}
    for slug in SLUGS:
        steps = (TEMPLATES / slug / "README.md").read_text()
        said = set(re.findall(r"Create a credential of type \*([^*]+)\*", steps))
        assert said, slug
        assert said <= known, slug
