"""The least that each kind needs, and what a kind refuses."""

from typing import Any

from pydantic import BaseModel, ValidationError

from relay.generation.kinds import JobInput, kind

LINK = "https://example.com/a.png"
DATA = {"type": "line", "labels": ["Q1", "Q2"], "datasets": [{"label": "Revenue", "data": [1.2, 1.8]}]}
LEAST: dict[str, dict[str, Any]] = {
    "text-to-video": {"prompt": "A kite"},
    "image-to-video": {"prompt": "A kite", "image_url": LINK},
    "multi-shot": {"prompt": "A kite", "multi_shot_prompts": ["It lands."]},
    "video-batch": {"prompts": [{"prompt": "A kite"}]},
    "chart-to-video": {"chart_image_url": LINK},
    "image": {"prompt": "A kite"},
    "image-edit": {"prompt": "Brighter"},
    "background-removal": {"image_url": LINK},
    "upscale": {"image_url": LINK},
    "restore": {"image_url": LINK},
    "voice": {"text": "Welcome"},
    "compose": {"video_url": "https://example.com/a.mp4", "audio_url": "https://example.com/a.mp3"},
}


def job_input(name: str, **fields: Any) -> JobInput:
    return kind(name).input.model_validate({**LEAST[name], **fields})


def refused(model: type[BaseModel], fields: dict[str, Any]) -> list[str]:
    """The fields that are refused, by name."""
    try:
        model.model_validate(fields)
    except ValidationError as error:
        return [str(each["loc"][0]) for each in error.errors()]
    return []


def faults(name: str, **fields: Any) -> list[str]:
    return refused(kind(name).input, {**LEAST[name], **fields})
