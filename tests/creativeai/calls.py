"""One call of each of the client's methods, and what the vendor's reference shows being sent."""

import ast
import json
import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from responses import RequestsMock

from relay.creativeai import CreativeAI, File, endpoints
from relay.creativeai.endpoints import Endpoint
from relay.http.client import Http
from relay.intake import events
from tests.reference.creativeai import PATH, samples

API = "https://api.creativeai.run"
KEY = "rph_live_0123456789abcdef"
NOW = 1_795_000_000_000
REFERENCE = "job_7f3a"

IMAGE = File("product-shot.png", "image/png", b"\x89PNG\r\n\x1a\n--an image--\r\n")
MASK = File("hand-mask.png", "image/png", b"\x89PNG\r\n\x1a\n--a mask--")

Send = Callable[[CreativeAI, Any], Any]


def client_of() -> CreativeAI:
    return CreativeAI(KEY, Http(), events.parse)


CALLS: dict[Endpoint, Send] = {
    endpoints.IMAGES: lambda c, body: c.images.generate(body, reference=REFERENCE, now=NOW),
    endpoints.IMAGE_EDITS: lambda c, body: c.images.edit(body, IMAGE, MASK, reference=REFERENCE, now=NOW),
    endpoints.VIDEOS: lambda c, body: c.videos.generate(body, now=NOW),
    endpoints.VIDEOS_ALIAS: lambda c, body: c.videos.generate_by_alias(body, now=NOW),
    endpoints.VIDEO_STATUS: lambda c, asked: c.videos.status(asked, now=NOW),
    endpoints.BATCHES: lambda c, body: c.videos.generate_batch(body, now=NOW),
    endpoints.BATCH_STATUS: lambda c, asked: c.videos.batch_status(asked, now=NOW),
    endpoints.VOICE: lambda c, body: c.assets.speak(body, reference=REFERENCE, now=NOW),
    endpoints.COMPOSE: lambda c, body: c.assets.compose(body, reference=REFERENCE, now=NOW),
    endpoints.CHART_TO_VIDEO: lambda c, body: c.assets.animate_chart(body, reference=REFERENCE, now=NOW),
    endpoints.BACKGROUND_REMOVAL: lambda c, body: c.assets.remove_background(
        body, reference=REFERENCE, now=NOW
    ),
    endpoints.UPSCALE: lambda c, body: c.assets.upscale(body, reference=REFERENCE, now=NOW),
    endpoints.RESTORE: lambda c, body: c.assets.restore(body, reference=REFERENCE, now=NOW),
    endpoints.STATUS: lambda c, asked: c.assets.status(asked, "voice", now=NOW),
    endpoints.NATIVE_IMAGE: lambda c, body: c.native.generate_image(body, reference=REFERENCE, now=NOW),
    endpoints.NATIVE_VIDEO: lambda c, body: c.native.generate_video(body, reference=REFERENCE, now=NOW),
    endpoints.NATIVE_STATUS: lambda c, asked: c.native.prediction(asked, "image", now=NOW),
    endpoints.CALCULATE: lambda c, body: c.account.calculate(body, now=NOW),
    endpoints.MODELS: lambda c, _: c.account.models(now=NOW),
    endpoints.CHAT: lambda c, body: c.texts.chat(body, now=NOW),
    endpoints.COMPLETIONS: lambda c, body: c.texts.complete(body, now=NOW),
}
SUBMITS = [each for each in CALLS if each.effect]
LOOKS = [each for each in CALLS if not each.effect]


def answer(
    net: RequestsMock, endpoint: Endpoint, body: Any, status: int = 200, asked: str = "gen_1", **rest: Any
) -> None:
    net.add(endpoint.method, API + endpoint.path_for(asked), json=body, status=status, **rest)


def name_of(endpoint: object) -> str:
    return f"{endpoint.method} {endpoint.path}" if isinstance(endpoint, Endpoint) else ""


def given(endpoint: Endpoint) -> Any:
    """Something to call it with: an id, or a body."""
    return "gen_1" if endpoint.method == "GET" else {"prompt": "A kite", "model": "auto"}


def spelled(path: str) -> re.Pattern[str]:
    """What paths look like that this one, with its gaps, stands for."""
    parts = re.split(r"(\{\w+\}|:\w+|<\w+>)", path)
    return re.compile(
        "".join("[^/]+" if number % 2 else re.escape(part) for number, part in enumerate(parts))
    )


def endpoint_for(method: str, path: str) -> Endpoint:
    """The most literal one: `/batch` is no id of a video."""
    hits = [each for each in CALLS if each.method == method and spelled(each.path).fullmatch(path)]
    if not hits:
        raise LookupError(f"no endpoint is {method} {path}")
    return min(hits, key=lambda each: each.path.count("{"))


@dataclass(frozen=True)
class Shown:
    """A request as the reference shows it: a JSON body, or the fields of a form (files as `@name`)."""

    method: str
    path: str
    body: dict[str, Any] | None = None
    form: tuple[tuple[str, str], ...] = ()

    @property
    def endpoint(self) -> Endpoint:
        return endpoint_for(self.method, self.path)

    def __str__(self) -> str:
        return f"{self.method} {self.path} {json.dumps(self.body)[:60] if self.body else ''}"


def shown() -> list[Shown]:
    """Every curl command, the Python request, and the bodies that stand alone under `POST ...`."""
    if not PATH.is_file():
        return []
    text = PATH.read_text(encoding="utf-8")
    commands = re.findall(r"^curl .*?(?=\n\n|\n#|\ncurl |\nStatus|\Z)", text, re.MULTILINE | re.DOTALL)
    found = [_curl(command) for command in commands]
    for address, body in re.findall(
        r"requests\.post\(\s*\"([^\"]+)\".*?json=(\{.*?\n    \})", text, re.DOTALL
    ):
        found.append(Shown("POST", urlsplit(address).path, ast.literal_eval(body)))
    for heading, bodies in samples().items():
        if (match := re.match(r"POST (/v1/\S+) . (.*)", heading)) and not match[2].startswith("20"):
            found += [Shown("POST", match[1], body) for body in bodies]
    return found


def _curl(command: str) -> Shown:
    words = shlex.split(command.replace("\\\n", " "))
    address = next(word for word in words if word.startswith("https://api."))
    values = {flag: words[at + 1] for at, flag in enumerate(words[:-1]) if flag in ("-X", "-d")}
    fields = [words[at + 1].partition("=") for at, flag in enumerate(words[:-1]) if flag == "-F"]
    return Shown(
        values.get("-X", "GET"),
        urlsplit(address).path,
        json.loads(values["-d"]) if "-d" in values else None,
        tuple((name, value) for name, _, value in fields),
    )
