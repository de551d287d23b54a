"""The kinds around sound: a voice that reads a text, and a sound laid onto a video.

https://creativeai.run/api-docs, Voice Generation, Voice + Video Composition.
"""

from typing import Annotated, Any

from pydantic import Field

from relay.creativeai import CreativeAI, Generation, endpoints
from relay.generation.kinds.base import SHORT_POLLS, Kind, SubmitContext
from relay.generation.kinds.fields import JobInput, Link, suggest

_VOICE_CREDITS, _COMPOSE_CREDITS = 8, 5

Speaker = Annotated[
    str,
    Field(
        title="Voice",
        description="The speaker; any voice of CreativeAI.",
        examples=["alloy"],
        json_schema_extra=suggest("alloy", "echo", "fable", "onyx", "nova", "shimmer"),
    ),
]
Language = Annotated[
    str,
    Field(
        title="Language",
        description="The language of the text; any language of CreativeAI.",
        examples=["en"],
        json_schema_extra=suggest("en", "zh", "ja", "ko", "es", "fr", "de", "pt", "ru", "ar"),
    ),
]
Replaces = Annotated[
    bool,
    Field(
        title="Replace the video's own sound", description="If off, both sounds are mixed.", examples=[True]
    ),
]


class Voice(JobInput):
    text: str = Field(
        title="Text",
        description="The text to read out, up to 5,000 characters.",
        examples=["Welcome to CreativeAI. Your product video is ready."],
        min_length=1,
        max_length=5000,
    )
    voice: Speaker = "alloy"
    language: Language = "en"
    speed: float = Field(
        1.0,
        title="Speed",
        description="0.5 is half the speed, 2 is twice the speed.",
        examples=[1.0],
        ge=0.5,
        le=2.0,
    )


class Compose(JobInput):
    video_url: Link = Field(
        title="Video",
        description="Public https URL of an MP4.",
        examples=["https://cdn.creativeai.run/output/product-demo.mp4"],
    )
    audio_url: Link = Field(
        title="Sound",
        description="Public https URL of the voice or music.",
        examples=["https://cdn.creativeai.run/output/voice-abc123.mp3"],
    )
    replace_audio: Replaces = True


def _speak(client: CreativeAI, body: Any, submit_context: SubmitContext) -> Generation:
    return client.assets.speak(body, reference=submit_context.reference, now=submit_context.now)


def _compose(client: CreativeAI, body: Any, submit_context: SubmitContext) -> Generation:
    return client.assets.compose(body, reference=submit_context.reference, now=submit_context.now)


def _look_at_voice(client: CreativeAI, generation_id: str, now: int) -> Generation:
    return client.assets.status(generation_id, "voice", now=now)


def _look_at_composition(client: CreativeAI, generation_id: str, now: int) -> Generation:
    return client.assets.status(generation_id, "compose", now=now)


VOICE = Kind(
    name="voice",
    group="Voice",
    title="Voice from text",
    summary="Reads a text out in ten languages.",
    output_kind="voice",
    input=Voice,
    endpoint=endpoints.VOICE,
    typical=lambda _: _VOICE_CREDITS,
    priced_as="voice",
    seconds=(5, 30),
    start=_speak,
    poll=_look_at_voice,
    poll_schedule=SHORT_POLLS,
)
COMPOSE = Kind(
    name="compose",
    group="Combine",
    title="Add sound to a video",
    summary="Adds a voice or music to a video.",
    output_kind="compose",
    input=Compose,
    endpoint=endpoints.COMPOSE,
    typical=lambda _: _COMPOSE_CREDITS,
    priced_as="compose",
    seconds=(10, 30),
    start=_compose,
    poll=_look_at_composition,
    poll_schedule=SHORT_POLLS,
)
