"""The kinds that make videos from words and pictures: one clip, scenes in a row, or a batch.

https://creativeai.run/api-docs, Video Generation, Batch Video Generation, Kling V3 Multi-Shot Storyboarding.
"""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from relay.creativeai import Batch, CreativeAI, Generation, endpoints
from relay.generation.kinds.base import VIDEO_POLLS, Kind, SubmitContext
from relay.generation.kinds.fields import (
    VIDEO_MODELS,
    JobInput,
    Lines,
    Link,
    Ratio,
    Resolution,
    Seconds,
    StyledInput,
)
from relay.models.job import RateBucket

_FROM_TEXT, _FROM_IMAGE = 60, 30  # credits in the vendor's samples


class Clip(StyledInput):
    """What every single video has."""

    prompt: str = Field(
        title="Prompt",
        description="Describe what is seen, how things move and what the camera does.",
        examples=["A drone shot over a coastal city at golden hour, cinematic"],
        min_length=1,
    )
    model: str = Field(
        "auto",
        title="Model",
        description="auto lets CreativeAI choose; any model it knows is taken.",
        examples=["auto"],
        json_schema_extra=VIDEO_MODELS,
    )
    duration: Seconds = Field(
        5, title="Length", description="Whole seconds, 3 to 15.", examples=[5], ge=3, le=15
    )
    aspect_ratio: Ratio | None = Field(
        None,
        title="Aspect ratio",
        description="Width to height. If empty, CreativeAI chooses, or keeps the image's.",
        examples=["16:9"],
    )
    resolution: Resolution | None = Field(
        None, title="Resolution", description="720p if empty.", examples=["720p"]
    )
    sound: bool | None = Field(
        None,
        title="Sound",
        description="Adds matching sound, with models that support sound.",
        examples=[True],
    )
    failover: bool = Field(
        True,
        title="Switch provider on failure",
        description="Lets CreativeAI switch to another provider when the first one fails.",
        examples=[True],
    )
    webhook_auto_retry: bool | None = Field(
        None,
        title="Retry on failure",
        description="Lets CreativeAI run a failed job once more automatically.",
        examples=[True],
    )


class TextToVideo(Clip):
    pass


class ImageToVideo(Clip):
    image_url: Link = Field(
        title="Image",
        description="Public https URL of a JPEG or PNG, 720p or better; the first frame of the video.",
        examples=["https://example.com/portrait.png"],
    )


class MultiShot(Clip):
    prompt: str = Field(
        title="First scene",
        description="Describe the first scene and how the camera moves.",
        examples=["Camera pans right over a dense neon-lit city. Flying cars zip past."],
        min_length=1,
    )
    multi_shot_prompts: Lines = Field(
        title="Next scenes",
        description="One line per scene, in order. Characters and background stay the same.",
        examples=[["Cut to a close-up of a detective.", "The camera pulls back quickly."]],
        min_length=1,
    )
    model: str = Field(
        "kling-v3",
        title="Model",
        description="kling-v3 makes up to 10 seconds, kling-o3-pro up to 15; any other is taken too.",
        examples=["kling-v3"],
        json_schema_extra=VIDEO_MODELS,
    )
    duration: Seconds = Field(
        10, title="Length", description="Whole seconds, 3 to 15.", examples=[10], ge=3, le=15
    )
    ai_director_mode: bool = Field(
        True,
        title="AI director",
        description="Lets the model plan camera and motion of each scene.",
        examples=[True],
    )
    image_url: Link | None = Field(
        None,
        title="Starting image",
        description="Anchors the first scene and those after it, with kling-o3-pro.",
        examples=["https://example.com/keyframe.png"],
    )
    cfg_scale: float | None = Field(
        None,
        title="Motion and prompt strength",
        description="How closely the video follows the prompt (cfg_scale). Leave empty for the default.",
        examples=[0.5],
    )


class BatchPrompt(JobInput):
    prompt: str = Field(
        title="Prompt",
        description="Describe what is seen in this video.",
        examples=["Product showcase video, rotating 360 degrees"],
        min_length=1,
    )
    image_url: Link | None = Field(
        None,
        title="Image",
        description="Public https URL of a JPEG or PNG; the first frame of the video.",
        examples=["https://example.com/product1.png"],
    )


def _prompts(value: object) -> object:
    """A form has one prompt per line."""
    items = value.splitlines() if isinstance(value, str) else value
    if not isinstance(items, list):
        return items
    given = [item for item in items if not (isinstance(item, str) and not item.strip())]
    return [{"prompt": item} if isinstance(item, str) else item for item in given]


class VideoBatch(JobInput):
    prompts: Annotated[list[BatchPrompt], BeforeValidator(_prompts)] = Field(
        title="Videos",
        description="1 to 20, one line each.",
        examples=[[{"prompt": "Social media clip, dynamic transitions"}]],
        min_length=1,
        max_length=20,
    )
    model: str = Field(
        "auto",
        title="Model",
        description="For all videos. auto lets CreativeAI choose.",
        examples=["auto"],
        json_schema_extra=VIDEO_MODELS,
    )
    aspect_ratio: Ratio | None = Field(
        None, title="Aspect ratio", description="Width to height, for all videos.", examples=["16:9"]
    )
    duration: Seconds = Field(
        5, title="Length", description="Whole seconds, 3 to 15, for all videos.", examples=[5], ge=3, le=15
    )


def _start(client: CreativeAI, body: Any, submit_context: SubmitContext) -> Generation:
    return client.videos.generate(body, now=submit_context.now)


def _look(client: CreativeAI, generation_id: str, now: int) -> Generation:
    return client.videos.status(generation_id, now=now)


def _start_batch(client: CreativeAI, body: Any, submit_context: SubmitContext) -> Batch:
    return client.videos.generate_batch(body, now=submit_context.now)


def _look_at_batch(client: CreativeAI, batch_id: str, now: int) -> Batch:
    return client.videos.batch_status(batch_id, now=now)


def _clip(name: str, title: str, sentence: str, job_input: type[Clip], credits_: int) -> Kind:
    return Kind(
        name=name,
        group="Video",
        title=title,
        summary=sentence,
        output_kind="video",
        input=job_input,
        endpoint=endpoints.VIDEOS,
        typical=lambda _: credits_,
        priced_as="video",
        seconds=(30, 300),
        start=_start,
        poll=_look,
        poll_schedule=VIDEO_POLLS,
        rate_bucket=RateBucket.VIDEO,
    )


TEXT_TO_VIDEO = _clip(
    "text-to-video", "Video from text", "A clip of 3 to 15 seconds from a prompt.", TextToVideo, _FROM_TEXT
)
IMAGE_TO_VIDEO = _clip(
    "image-to-video", "Video from an image", "Animates a still image.", ImageToVideo, _FROM_IMAGE
)
MULTI_SHOT = _clip(
    "multi-shot",
    "Video in several scenes",
    "Scenes in a row, with the same characters and an AI director.",
    MultiShot,
    _FROM_TEXT,
)
VIDEO_BATCH = Kind(
    name="video-batch",
    group="Video",
    title="Many videos at once",
    summary="Up to 20 videos in one request, each with its own result.",
    output_kind="video",
    input=VideoBatch,
    endpoint=endpoints.BATCHES,
    typical=lambda job_input: (
        _FROM_IMAGE * len(job_input.prompts)
    ),  # as in the vendor's sample, with pictures or not
    priced_as="",
    seconds=(30, 300),
    start=_start_batch,
    poll=_look_at_batch,
    poll_schedule=VIDEO_POLLS,
    rate_bucket=RateBucket.VIDEO,
    expected_results=lambda job_input: len(job_input.prompts),
)
