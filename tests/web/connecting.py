"""Somebody at the pages of connections, and the services of the sandbox that they connect."""

from collections.abc import Callable

import requests

from relay.demo.destinations import contents, environment_of
from relay.http.client import Http
from sandbox import Sandbox
from tests.web.reading import Page, Reader
from tests.web.site import PASSWORD, Site
from tests.wire import RelayProcess

OpenSite = Callable[..., Site]
SECRET_URL = "https://n8n.example.com/webhook/s3cr3t-path"
TABLE = {"base_id": "appSandbox00000000", "table": "Videos"}
TOKEN, REFUSED = "patS3cret.0123456789", "patRevoked.s3cret"


def reader_of(site: Site) -> Reader:
    """Signed in."""
    site.sign_in()

    def fetch(method: str, path: str, body: str = "") -> Page:
        form = "application/x-www-form-urlencoded"
        answer = site.client.open(path, method=method, data=body, content_type=form)
        return Page(answer.status_code, answer.text, answer.headers.get("Location", ""))

    return Reader(fetch)


def local(sandbox: Sandbox) -> dict[str, str]:
    """Every service is the sandbox's; none is connected yet."""
    given = environment_of(sandbox)
    return {name: given[name] for name in ("ORIGIN_MAP", "ALLOWED_HOSTS")}


def add_webhook(reader: Reader, name: str = "n8n", url: str = SECRET_URL) -> Page:
    reader.open("/connections/new/webhook")
    return reader.press("Add connection", name=name, url=url)


def add_airtable(reader: Reader, token: str = TOKEN) -> Page:
    reader.open("/connections/new/airtable")
    return reader.press("Add connection", name="table", token=token, **TABLE)


def records(sandbox: Sandbox) -> dict[str, list[str]]:
    return dict(contents(Http(allowed_hosts=[sandbox.url.partition("//")[2]]), sandbox).records)


def reader_over_the_wire(relay: RelayProcess) -> Reader:
    browser = requests.Session()

    def fetch(method: str, path: str, body: str = "") -> Page:
        answer = browser.request(
            method,
            f"http://127.0.0.1:{relay.port}{path}",
            data=body,
            headers={"Content-Type": "application/x-www-form-urlencoded"},
            allow_redirects=False,
            timeout=30,
        )
        return Page(answer.status_code, answer.text, answer.headers.get("Location", ""))

    reader = Reader(fetch)
    reader.open("/login")
    reader.press("Sign in", password=PASSWORD)
    return reader
