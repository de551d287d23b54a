"""The templates are handed out by command and by page, with the install's own address in them."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from relay.web.pages.template_steps import with_links
from relay.workflow_templates import PLACEHOLDER, Template, TemplateError, names, templates
from tests.templates.test_people import COMMANDS
from tests.web.site import Site
from tests.wire.program import ROOT

OpenSite = Callable[..., Site]
OURS = "https://relay.mugs.example"


def test_each_template_is_a_file_to_import_with_steps_and_a_picture() -> None:
    found = templates()
    assert len({each.name for each in found}) == len(found) >= 8
    for each in found:
        assert json.loads(each.text(""))
        assert len(each.steps()) >= 3
        assert each.picture().exists()


def test_the_installs_own_address_takes_the_place_of_the_example() -> None:
    with_it = [each for each in templates() if PLACEHOLDER in each.text("")]
    assert with_it
    for each in with_it:
        assert PLACEHOLDER not in each.text(f"{OURS}/")
        assert OURS in each.text(f"{OURS}/")


def test_where_the_folders_are_missing_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match="put the folders n8n and make beside the code"):
        templates(tmp_path)
    assert names(tmp_path) == frozenset()


def test_the_pages_show_and_hand_out_every_template(open_site: OpenSite) -> None:
    site = open_site(PUBLIC_URL=OURS)
    page = site.page("/templates").text
    links = re.findall(r'href="(/templates/[a-z0-9]+/[a-z0-9-]+)"', page)
    assert len(links) == len(templates())
    for link in links:
        assert "Setup steps" in site.client.get(link).text
        assert site.client.get(f"{link}/picture.svg").content_type.startswith("image/svg+xml")
        file = site.client.get(f"{link}/file")
        assert PLACEHOLDER not in file.text
        assert json.loads(file.text)
        assert file.headers["Content-Disposition"].startswith("attachment")
    assert site.client.get("/templates/n8n/none").status_code == 404
    assert site.client.get("/templates/none/none").status_code == 404


@pytest.mark.heavy
@pytest.mark.parametrize("template", templates(), ids=lambda each: each.name)
def test_a_page_has_everything_to_copy_a_large_picture_and_links_instead_of_commands(
    template: Template, open_site: OpenSite
) -> None:
    site = open_site(PUBLIC_URL=f"{OURS}/")
    where = f"/templates/{template.name}"
    page = site.page(where).text.replace("<wbr>", "")
    copied = set(re.findall(r'<code>([^<]+)</code><button[^>]*data-copy="([^"]+)"', page))
    addresses = {f"{OURS}/webhooks/creativeai", *(path for _, path in template.listens if path)}
    addresses |= set() if template.is_direct else {OURS}
    assert copied == {(each, each) for each in addresses}
    assert f'href="{where}/picture.svg" target="_blank"' in page
    policy = site.client.get(f"{where}/picture.svg").headers["Content-Security-Policy"]
    assert "style-src 'unsafe-inline'" in policy  # or the picture is black when it is opened alone
    assert page.count("<li>") >= len(template.steps()) + len(template.needs)
    assert "What it cannot promise" in page
    assert ('href="/settings#tokens"' in page) == template.calls_relay
    assert f"{template.slug}.json" in page  # the name of the file as it is downloaded here
    form = site.client.get(f"{where}/first-try/file")
    assert form.status_code == (200 if template.first_try("") else 404)
    assert COMMANDS.findall(re.sub(r'data-copy="[^"]*"', "", page)) == []


@pytest.mark.parametrize("page", sorted((ROOT / "templates").rglob("*.html")), ids=lambda each: each.name)
def test_no_page_asks_for_a_command(page: Path) -> None:
    assert COMMANDS.findall(page.read_text(encoding="utf-8")) == []


def test_steps_are_text_with_names_codes_and_links_to_this_relays_pages() -> None:
    step = "On its page *Settings*, enter `<b>` in *A & B*; open the page *Elsewhere*."
    assert with_links(step) == (
        'On its page <a href="/settings#tokens">Settings</a>, enter <code>&lt;b&gt;</code> in '
        "<em>A &amp; B</em>; open the page <em>Elsewhere</em>."
    )


@pytest.mark.slow
def test_the_command_lists_shows_and_writes_them(tmp_path: Path) -> None:
    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "relay", "templates", *words],
            cwd=ROOT,
            env={
                "PATH": os.environ["PATH"],
                "DATA_DIR": str(tmp_path),
                "PUBLIC_URL": "https://relay.mine.example",
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    listed = run("list").stdout
    assert all(each.name in listed for each in templates())
    assert "1. In Airtable" in run("show", "n8n/behind-the-relay").stdout
    file = tmp_path / "workflow.json"
    assert f"Written to {file}." in run("export", "n8n/behind-the-relay", "--to", str(file)).stdout
    assert "https://relay.mine.example" in file.read_text()
    assert json.loads(file.read_text())["nodes"]
    unknown = run("export", "none")
    assert unknown.returncode == 1
    assert "There is no template none." in unknown.stderr
