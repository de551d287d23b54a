"""One call of each of the client's methods, and which endpoint is which."""

import re
from collections.abc import Callable
from typing import Any

from responses import RequestsMock

from relay.creativeai import CreativeAI, File, endpoints
from relay.creativeai.endpoints import Endpoint
from relay.http.client import Http
from relay.intake import events
from tests.reference.creativeai import Shown

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


def endpoint_of(example: Shown) -> Endpoint:
    return endpoint_for(example.method, example.path)
