"""Short ways to plan pipelines: of steps, and by the preset for shops."""

from typing import Any

from relay.generation.pipeline import NewPipeline, of_preset, of_steps
from relay.generation.pipeline_steps import Step
from relay.models.job import Source, UploadedFile
from tests.generation.inputs import LEAST
from tests.generation.kinds.test_image_size import png

INPUT = {"edit_prompt": "White studio", "video_prompt": "It turns", "voice_text": "Meet the mug."}
PHOTO = UploadedFile("image", "mug.png", "image/png", png(64, 48))


def step(name: str, kind_name: str = "voice", **fields: Any) -> Step:
    plain: dict[str, Any] = {} if fields.keys() & {"inputs", "input"} else {"input": LEAST[kind_name]}
    return Step(name=name, kind=kind_name, **(plain | fields))


def planned(*steps: Step, **fields: Any) -> NewPipeline:
    return of_steps(steps, source=Source.API, context=fields.pop("context", {}), **fields)


def commerce(*files: UploadedFile, **fields: Any) -> NewPipeline:
    context = {"sku": "MUG-1"}
    return of_preset("commerce", INPUT | fields, source=Source.FORM, context=context, files=files or (PHOTO,))
