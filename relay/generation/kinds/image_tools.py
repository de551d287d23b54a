"""The kinds that improve one image: background removal, upscaling, restoration.

https://creativeai.run/api-docs, Utility Endpoints, which gives prices and times and no field names.
"""

from collections.abc import Callable
from typing import Any

from pydantic import Field

from relay.creativeai import CreativeAI, Endpoint, Generation, endpoints
from relay.generation.kinds.base import SHORT_POLLS, Kind, Send, SubmitContext
from relay.generation.kinds.fields import JobInput, Link


class PictureInput(JobInput):
    image_url: Link = Field(
        title="Image",
        description="Public https URL of a JPEG or PNG.",
        examples=["https://example.com/product.jpg"],
    )


class BackgroundRemoval(PictureInput):
    pass


class Restore(PictureInput):
    pass


class Upscale(PictureInput):
    scale: int = Field(4, title="Times larger", description="Up to 4.", examples=[4], ge=1, le=4)


def _look(client: CreativeAI, generation_id: str, now: int) -> Generation:
    return client.assets.status(generation_id, "image", now=now)


def _by(submit: Callable[[CreativeAI], Callable[..., Generation]]) -> Send:
    def start(client: CreativeAI, body: Any, submit_context: SubmitContext) -> Generation:
        return submit(client)(body, reference=submit_context.reference, now=submit_context.now)

    return start


def _utility(
    name: str,
    title: str,
    sentence: str,
    job_input: type[PictureInput],
    *,
    endpoint: Endpoint,
    price: int,
    seconds: int,
    start: Send,
) -> Kind:
    return Kind(
        name=name,
        group="Image",
        title=title,
        summary=sentence,
        output_kind="image",
        input=job_input,
        endpoint=endpoint,
        typical=lambda _: price,
        priced_as=name,
        seconds=(seconds, 4 * seconds),
        start=start,
        poll=_look,
        poll_schedule=SHORT_POLLS,
    )


BACKGROUND_REMOVAL = _utility(
    "background-removal",
    "Remove the background",
    "Cuts the subject out; the result is a transparent PNG.",
    BackgroundRemoval,
    endpoint=endpoints.BACKGROUND_REMOVAL,
    price=2,
    seconds=3,
    start=_by(lambda client: client.assets.remove_background),
)
UPSCALE = _utility(
    "upscale",
    "Upscale an image",
    "Enlarges an image up to four times and adds detail.",
    Upscale,
    endpoint=endpoints.UPSCALE,
    price=3,
    seconds=5,
    start=_by(lambda client: client.assets.upscale),
)
RESTORE = _utility(
    "restore",
    "Restore an image",
    "Repairs a damaged, noisy or old image.",
    Restore,
    endpoint=endpoints.RESTORE,
    price=3,
    seconds=4,
    start=_by(lambda client: client.assets.restore),
)
