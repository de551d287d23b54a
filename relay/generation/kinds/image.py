"""The kinds whose answer holds the images themselves: made from a text, or edited.

https://creativeai.run/api-docs, Image Generation Parameters, Advanced Image Editing.
"""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field

from relay.creativeai import CreativeAI, File, Generation, endpoints
from relay.generation.kinds import image_size
from relay.generation.kinds.base import Kind, SubmitContext, Upload
from relay.generation.kinds.fields import (
    EDIT_MODELS,
    IMAGE_MODELS,
    SIZES,
    JobInput,
    Link,
    StyledInput,
    suggest,
)

_CREDITS = 3  # one image, by the vendor's prices; one of its samples says 2


class Image(StyledInput):
    prompt: str = Field(
        title="Prompt",
        description="Describe the image, its style and its light.",
        examples=["A serene Japanese garden at sunset"],
        min_length=1,
    )
    model: str = Field(
        "dall-e-3",
        title="Model",
        description="Any image model of CreativeAI.",
        examples=["dall-e-3"],
        json_schema_extra=IMAGE_MODELS,
    )
    size: str = Field(
        "1024x1024",
        title="Size",
        description="Width and height in pixels.",
        examples=["1024x1024"],
        json_schema_extra=SIZES,
    )
    n: int = Field(1, title="How many", description="1 to 4 images.", examples=[1], ge=1, le=4)
    quality: Literal["standard", "hd"] | None = Field(
        None, title="Quality", description="hd has finer detail.", examples=["hd"]
    )
    background: Literal["auto", "transparent"] = Field(
        "auto",
        title="Background",
        description="transparent makes a PNG without a background.",
        examples=["transparent"],
    )
    image_url: Link | None = Field(
        None,
        title="Reference image",
        description="Public https URL of a JPEG or PNG that guides the result.",
        examples=["https://example.com/mug.jpg"],
    )


class ImageEdit(JobInput):
    prompt: str = Field(
        title="Prompt",
        description="Describe what the image should show afterwards.",
        examples=["Place the item on a clean white studio background with a soft natural shadow"],
        min_length=1,
    )
    model: str = Field(
        "seedream-v4.5-edit",
        title="Model",
        description="Any image editing model of CreativeAI.",
        examples=["seedream-v4.5-edit"],
        json_schema_extra=EDIT_MODELS,
    )
    size: str | None = Field(
        None,
        title="Size",
        description="Width and height in pixels.",
        examples=["1024x1024"],
        json_schema_extra=SIZES,
    )
    outpaint_direction: str | None = Field(
        None,
        title="Expand",
        description="Where the canvas grows; all is every side.",
        examples=["all"],
        json_schema_extra=suggest("all"),
    )
    style_reference_url: Link | None = Field(
        None,
        title="Style image",
        description="An image whose style is applied to the result.",
        examples=["https://example.com/style.jpg"],
    )


UPLOADS = (
    Upload("image", "Image", "The image to edit, a JPEG or PNG.", True, ("image/jpeg", "image/png")),
    Upload(
        "mask",
        "Mask",
        "A PNG as large as the image: white or transparent changes, black or opaque stays.",
        False,
        ("image/png",),
    ),
)


def _fit(files: Mapping[str, File]) -> dict[str, str]:
    """A mask of another size than its image is better refused here, before it is paid for."""
    sizes = {name: image_size.measure(file.content) for name, file in files.items()}
    found = {
        name: "The file is damaged, or its type does not match its name. Save the file again."
        for name, picture in sizes.items()
        if picture is None or picture.type != files[name].type
    }
    image, mask = sizes.get("image"), sizes.get("mask")
    if not found and image and mask and image[1:] != mask[1:]:
        found["mask"] = (
            f"The mask is {mask.width} x {mask.height} pixels and the image {image.width} x {image.height}. "
            "Make the mask as large as the image."
        )
    return found


def _start_image(client: CreativeAI, body: Any, submit_context: SubmitContext) -> Generation:
    return client.images.generate(body, reference=submit_context.reference, now=submit_context.now)


def _start_edit(client: CreativeAI, body: Any, submit_context: SubmitContext) -> Generation:
    image, mask = submit_context.files["image"], submit_context.files.get("mask")
    return client.images.edit(body, image, mask, reference=submit_context.reference, now=submit_context.now)


IMAGE = Kind(
    name="image",
    group="Image",
    title="Image from text",
    summary="One to four images from a prompt, with or without a background.",
    output_kind="image",
    input=Image,
    endpoint=endpoints.IMAGES,
    typical=lambda job_input: _CREDITS * job_input.n,
    priced_as="image",
    seconds=(5, 60),
    start=_start_image,
    webhook=False,
)
IMAGE_EDIT = Kind(
    name="image-edit",
    group="Image",
    title="Edit an image",
    summary="Changes part of an image, expands it, or gives it another style.",
    output_kind="image",
    input=ImageEdit,
    endpoint=endpoints.IMAGE_EDITS,
    typical=lambda _: _CREDITS,
    priced_as="image-edit",
    seconds=(5, 60),
    start=_start_edit,
    webhook=False,
    uploads=UPLOADS,
    together=_fit,
)
