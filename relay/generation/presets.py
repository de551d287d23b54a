"""The preset for shops: a photo is edited and set in motion, a voice reads, and both become one video."""

from pydantic import Field

from relay.generation.kinds import JobInput, kind
from relay.generation.kinds.audio import Language, Replaces, Speaker
from relay.generation.kinds.fields import Ratio, Seconds
from relay.generation.pipeline_steps import Preset, Step


class Commerce(JobInput):
    edit_prompt: str = Field(
        title="Photo prompt",
        description="Describe what the photo should show afterwards.",
        examples=["Place the item on a clean white studio background with a soft natural shadow"],
        min_length=1,
    )
    video_prompt: str = Field(
        title="Video prompt",
        description="Describe how the product moves and what the camera does.",
        examples=["The camera circles the mug slowly while steam rises from it"],
        min_length=1,
    )
    duration: Seconds = Field(
        5, title="Length", description="Whole seconds, 3 to 15.", examples=[5], ge=3, le=15
    )
    aspect_ratio: Ratio | None = Field(
        None,
        title="Aspect ratio",
        description="Width to height. If empty, CreativeAI keeps the photo's.",
        examples=["9:16"],
    )
    voice_text: str = Field(
        title="Voice text",
        description="The text to read out, up to 5,000 characters; about 14 characters per second.",
        examples=["Meet the mug that keeps its warmth."],
        min_length=1,
        max_length=5000,
    )
    voice: Speaker = "alloy"
    language: Language = "en"
    replace_audio: Replaces = True


def _steps(job_input: Commerce) -> tuple[Step, ...]:
    video = {
        "prompt": job_input.video_prompt,
        "duration": job_input.duration,
        "aspect_ratio": job_input.aspect_ratio,
    }
    voice = {"text": job_input.voice_text, "voice": job_input.voice, "language": job_input.language}
    return (
        Step(name="edit", kind="image-edit", input={"prompt": job_input.edit_prompt}),
        Step(name="video", kind="image-to-video", input=video, inputs={"image_url": "edit"}),
        Step(name="voice", kind="voice", input=voice),
        Step(
            name="compose",
            kind="compose",
            input={"replace_audio": job_input.replace_audio},
            inputs={"video_url": "video", "audio_url": "voice"},
        ),
    )


COMMERCE = Preset(
    name="commerce",
    title="Product video with a voice",
    summary="Edits a product photo, animates the photo and adds a voice.",
    input=Commerce,
    uploads=kind("image-edit").uploads,
    uploads_to="edit",
    faults=kind("image-edit").faults,
    steps=_steps,
)
