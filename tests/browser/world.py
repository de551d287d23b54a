"""A relay on the sandbox with something of everything in it, and a visitor who works its forms over HTTP."""

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path

import requests

import relay.sample_media
from relay.demo.destinations import add_products, environment_of
from relay.http.client import Http
from sandbox import API_KEY, SIGNING_SECRET, UNLIMITED, Config, Fault, Sandbox, serve
from tests.wire.program import RelayProcess, free_port

PASSWORD = "of the browser tests"
HOSTILE = """"><script>alert(1)</script><b>bold</b> & {{ 7*7 }} \u202egnp.exe\u200b ünï"""
PATIENCE = 60.0
SPEED = 60  # of the vendor's clock


@dataclass
class World:
    """One relay with its sandbox. `places`: pages with something on them, by what they show."""

    sandbox: Sandbox
    relay: RelayProcess
    places: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.relay.port}"

    def stop(self) -> None:
        self.relay.kill()
        self.sandbox.stop()


class Visitor:
    """Signed in, without a browser: fills the world quickly."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.session = requests.Session()
        self.post("/login", password=PASSWORD)

    def get(self, path: str) -> str:
        return self.session.get(self.url + path, timeout=20).text

    def post(self, path: str, **fields: str) -> str:
        """Where it leads."""
        answer = self.session.post(self.url + path, data=fields, allow_redirects=False, timeout=20)
        assert answer.status_code == 303, (path, answer.status_code, words(answer.text)[:600])
        return str(answer.headers["Location"])

    def chain(self, **fields: str) -> str:
        files = {"image": ("mug.png", picture(), "image/png")}
        answer = self.session.post(
            f"{self.url}/create/commerce", data=fields, files=files, allow_redirects=False, timeout=20
        )
        assert answer.status_code == 303, words(answer.text)[:600]
        return str(answer.headers["Location"])


def picture() -> bytes:
    return (Path(relay.sample_media.__file__).parent / "sample.png").read_bytes()


def words(page: str) -> str:
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page)))


def make_world(folder: Path, without: Mapping[str, str] | tuple[str, ...] = (), **environ: str) -> World:
    """`without`: beginnings of variables that are left out, such as AIRTABLE_."""
    sandbox = serve(
        config=Config(keys={API_KEY: UNLIMITED}, speed=SPEED, output_base="https://cdn.creativeai.run/output")
    )
    reached = environment_of(sandbox)
    port = free_port()
    given = {name: value for name, value in reached.items() if not name.startswith(tuple(without))}
    given |= {
        "ADMIN_PASSWORD": PASSWORD,
        "CREATIVEAI_API_KEY": API_KEY,
        "CREATIVEAI_WEBHOOK_SECRET": SIGNING_SECRET,
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "LISTEN_HOST": "127.0.0.1",
        "PORT": str(port),
        "ARCHIVE": "local",
    }
    relay = RelayProcess(folder, given | environ)
    relay.port = port
    world = World(sandbox, relay.start())
    http = Http(allowed_hosts=[sandbox.url.partition("//")[2]])
    add_products(http, sandbox, {"CUP-7": "Travel mug"})
    http.close()
    return world


def fill(world: World, *, hostile: bool = True) -> None:
    """Jobs that are ready, failed, canceled and hostile, a chain, and deliveries that failed."""
    visitor = Visitor(world.url)
    clip = {"duration": "5", "model": "auto", "failover": "true"}
    context = {"context.sku": "CUP-7", "context.title": "Travel mug"}
    places = world.places
    world.sandbox.inject(Fault.FAILED)
    places["failed"] = visitor.post("/create/text-to-video", prompt="A backpack in the rain", **clip)
    wait_for_words(visitor, places["failed"], "Retry job")
    places["ready"] = visitor.post(
        "/create/text-to-video", prompt="A travel mug turning slowly on a white table", **clip, **context
    )
    wait_for_words(visitor, places["ready"], "Delivered: shopify")
    places["image"] = visitor.post("/create/image", prompt="A mug on a clean background", **context)
    places["voice"] = visitor.post("/create/voice", text="Meet the mug that keeps its warmth.", voice="alloy")
    if hostile:
        about = {"context.sku": HOSTILE, "context.title": HOSTILE}
        places["hostile"] = visitor.post("/create/text-to-video", prompt=HOSTILE, **clip, **about)
    for name in places.keys() - {"failed"}:
        wait_for_words(visitor, places[name], "Completed")
    places["chain"] = visitor.chain(
        edit_prompt="White studio", video_prompt="It turns", voice_text="Meet it."
    )
    visitor.session.post(f"{world.url}/webhooks/creativeai", data=b"{}", timeout=20)
    own = {"name": "own", "url": "https://n8n.example.com/webhook/own", "statuses": "completed"}
    visitor.post("/connections/new/webhook", **own)
    visitor.post("/connections/own/resume", anyway="yes")  # nobody is there: it was paused for that
    visitor.post("/connections/own/pause", why=HOSTILE if hostile else "The workflow is being changed")
    visitor.session.post(
        f"{world.url}/settings/tokens", data={"name": HOSTILE if hostile else "n8n"}, timeout=20
    )
    share(world, visitor, HOSTILE if hostile else "Ann of the shop", clip)
    wait_for_copies(visitor)
    for name, path in (("delivery", "/deliveries"), ("event", "/deliveries/incoming")):
        places[name] = re.findall(rf'href="({path}/[a-z]+_[^"]+)"', visitor.get(path))[0]


def share(world: World, visitor: Visitor, name: str, clip: Mapping[str, str]) -> None:
    """A share link, and a job that a colleague made by it."""
    visitor.post("/settings/share/new", form="text-to-video", name=name, budget="500")
    (link,) = re.findall(r'href="(?:https?://[^/"]+)?(/s/[^"]+)"', visitor.get("/settings/share"))
    colleague = requests.Session()
    colleague.get(world.url + link, timeout=20)
    job_input = {"prompt": name, "key": "the first", **clip}
    answer = colleague.post(f"{world.url}/shared", data=job_input, allow_redirects=False, timeout=20)
    assert answer.status_code == 303, words(answer.text)[:600]
    page = colleague.get(f"{world.url}/shared", timeout=20).text
    world.places["share link"] = link
    world.places["shared job"] = re.findall(r'href="(/shared/jobs/[^"]+)"', page)[0]


def wait_for_words(visitor: Visitor, path: str, text: str) -> str:
    return wait_for_page(visitor, path, lambda page: text in words(page), repr(text))


def wait_for_copies(visitor: Visitor) -> None:
    """Until every job is done and no page shows a file at CreativeAI, whose name nothing here resolves."""
    for path in sorted(set(re.findall(r'href="(/jobs/[a-z]+_[^"?]+)"', visitor.get("/jobs")))):
        wait_for_page(visitor, path, _shows_copies_alone, "copies")


def _shows_copies_alone(page: str) -> bool:
    return 'http-equiv="refresh"' not in page and 'src="https:' not in page


def wait_for_page(visitor: Visitor, path: str, condition: Callable[[str], bool], what: str) -> str:
    page = ""

    def there() -> bool:
        nonlocal page
        page = visitor.get(path)
        return condition(page)

    wait_until(there, lambda: f"{what} on {path}: {words(page)[:1500]}")
    return page


def wait_until(condition: Callable[[], bool], what: Callable[[], str]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(what())
        time.sleep(0.1)
