"""Request bodies with every documented field; https://creativeai.run/api-docs.

Only what cannot be left out is required. Bounds are the kinds' business, and in the end the vendor's.
"""

from typing import Any, Required, TypedDict


class Image(TypedDict, total=False):
    """`image_url` is a reference picture (the vendor's catalog page)."""

    prompt: Required[str]
    model: str
    size: str
    background: str
    n: int
    quality: str
    image_url: str
    character_reference_url: str
    character_references: list[str]
    camera_angle: str
    style_reference_url: str


class ImageEdit(TypedDict, total=False):
    """The text fields of the form; image and mask go beside it."""

    prompt: Required[str]
    model: str
    size: str
    outpaint_direction: str
    style_reference_url: str


class Video(TypedDict, total=False):
    """With `image_url` it is image-to-video, with `multi_shot_prompts` a film of several scenes."""

    prompt: Required[str]
    model: str
    image_url: str
    duration: int
    aspect_ratio: str
    resolution: str
    failover: bool
    webhook_url: str
    webhook_auto_retry: bool
    character_reference_url: str
    character_references: list[str]
    camera_angle: str
    style_reference_url: str
    multi_shot_prompts: list[str]
    ai_director_mode: bool
    sound: bool
    cfg_scale: float


class BatchPrompt(TypedDict, total=False):
    prompt: Required[str]
    image_url: str


class VideoBatch(TypedDict, total=False):
    """All but the prompts is shared by the whole batch."""

    prompts: Required[list[BatchPrompt]]
    model: str
    aspect_ratio: str
    duration: int
    webhook_url: str


class Voice(TypedDict, total=False):
    text: Required[str]
    voice: str
    language: str
    speed: float
    webhook_url: str


class Compose(TypedDict, total=False):
    video_url: Required[str]
    audio_url: Required[str]
    replace_audio: bool
    webhook_url: str


class ChartToVideo(TypedDict, total=False):
    """One of `chart_image_url` and `chart_data`."""

    chart_image_url: str
    chart_data: dict[str, Any]
    animation_style: str
    title: str
    duration: int
    webhook_url: str


class Utility(TypedDict, total=False):
    """Background removal and restoration. Their fields are undocumented; these are the obvious ones."""

    image_url: Required[str]
    webhook_url: str


class Upscale(Utility, total=False):
    """`scale` is how many times larger, up to 4."""

    scale: int


class Message(TypedDict):
    """`content` is a text, or OpenAI's list of parts."""

    role: str
    content: str | list[dict[str, Any]]


class Chat(TypedDict, total=False):
    model: Required[str]
    messages: Required[list[Message]]
    temperature: float
    top_p: float
    max_tokens: int
    stop: str | list[str]


class Completion(TypedDict, total=False):
    model: Required[str]
    prompt: Required[str]
    temperature: float
    top_p: float
    max_tokens: int
    stop: str | list[str]
