"""Models that the reference names, and what a generation costs.

https://creativeai.run/api-docs, Available Models; credits as in its samples and sections. Where a sample's
credits disagree with another's, the one charged here is named beside it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.errors import invalid

TEXT_TO_VIDEO = 60
IMAGE_TO_VIDEO = 30
SEEDANCE = 30  # the sample of a job that failed over to it
BATCH_VIDEO = 30
IMAGE = 3  # not documented in credits; "image generation at $0.21-$0.30" is 3 of the cheapest
NATIVE_IMAGE = 2
IMAGE_EDIT = 3  # not documented
CHAT = 2  # not documented
CHAT_ELSEWHERE = 1  # not documented; a failover's model may cost less
CREDITS = {
    "voice": 8,  # the webhook's sample says 1
    "compose": 5,
    "chart-to-video": 15,
    "background-removal": 2,
    "upscale": 3,
    "restore": 3,
}
PROVIDERS = {"auto": "kling-o3-pro", "seedance-1.5-pro": "seedance"}
ELSEWHERE = {"seedance": "kling-o3-pro"}  # every other provider's jobs go to seedance


@dataclass(frozen=True, slots=True)
class Model:
    id: str
    owner: str
    type: str


MODELS = (
    Model("dall-e-3", "OpenAI-compatible", "image"),
    Model("gpt-image-1", "OpenAI-compatible", "image"),
    Model("seedream-3.0", "ByteDance", "image"),
    Model("flux-pro", "Black Forest Labs", "image"),
    Model("stable-diffusion-3", "Stability AI", "image"),
    Model("seedream-v4.5-edit", "ByteDance", "image-edit"),
    Model("wan-2.6-image-edit", "Alibaba", "image-edit"),
    Model("auto", "CreativeAI", "video"),
    Model("kling-o3-pro", "Kuaishou", "video"),
    Model("kling-v3", "Kuaishou", "video"),
    Model("seedance-1.5-pro", "ByteDance", "video"),
    *(Model(voice, "CreativeAI", "voice") for voice in ("alloy", "echo", "fable", "onyx", "nova", "shimmer")),
    Model("claude-*", "Anthropic", "chat"),
    Model("gemini-*", "Google", "chat"),
    Model("gpt-*", "OpenAI", "chat"),
)


def provider(request: Mapping[str, Any]) -> str:
    """Who renders a video: `auto` is Kling O3 Pro."""
    model = str(request.get("model", "auto"))
    return PROVIDERS.get(model, model)


def elsewhere(first: str) -> str:
    """Who takes over when this provider is down."""
    return ELSEWHERE.get(first, "seedance")


def video_credits(request: Mapping[str, Any], by: str) -> int:
    if "image_url" in request:
        return IMAGE_TO_VIDEO
    return SEEDANCE if by == "seedance" else TEXT_TO_VIDEO


def image_credits(request: Mapping[str, Any]) -> int:
    return IMAGE * int(request.get("n", 1))


def price(request: Mapping[str, Any]) -> int:
    """What a generation with this body would cost.

    Not documented: how the kind is named. Taken: `type`, else the model's, else what its fields fit.
    """
    kind = request.get("type") or _type_of(request)
    if kind in CREDITS:
        return CREDITS[kind]
    if kind == "video":
        return video_credits(request, provider(request)) * int(request.get("n", 1))
    if kind == "image":
        return image_credits(request)
    if kind == "image-edit":
        return IMAGE_EDIT
    if kind == "chat":
        return CHAT
    raise invalid("Say by 'model' or 'type' what is to be generated.", "model")


def _type_of(request: Mapping[str, Any]) -> str:
    model = str(request.get("model", ""))
    for known in MODELS:
        if model == known.id or (known.id.endswith("*") and model.startswith(known.id[:-1])):
            return known.type
    return "voice" if "text" in request else ""
