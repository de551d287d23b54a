"""The base of every kind's input model, and the field types that the kinds share.

Forms, the API and the docs are made from these models: each field has a title, a description and an example.
Words that the vendor adds to now and then (models, sizes, voices) are suggested and never refused.
"""

import json
from contextlib import suppress
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from relay.errors import RemoteError
from relay.http.client import check_url


class JobInput(BaseModel):
    """Base of every kind's model. What a form leaves blank counts as not given."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True, str_strip_whitespace=True, allow_inf_nan=False
    )

    @model_validator(mode="before")
    @classmethod
    def _drop_blanks(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        return {name: value for name, value in given.items() if not _is_blank(value)}

    @classmethod
    def required_examples(cls) -> dict[str, Any]:
        """The first example of each required field."""
        fields = cls.model_fields.items()
        return {name: field.examples[0] for name, field in fields if field.is_required() and field.examples}

    def body(self) -> dict[str, Any]:
        """The request's body, without the fields that were not given."""
        return self.model_dump(mode="json", exclude_none=True)


def suggest(*words: str) -> dict[str, Any]:
    """For `json_schema_extra`: values to offer, while any other is taken too."""
    return {"suggestions": list(words)}


def _is_blank(value: object) -> bool:
    return value is None or value == [] or (isinstance(value, str) and not value.strip())


def _public_https(value: str) -> str:
    """https://creativeai.run/api-docs, Image Requirements: a publicly accessible HTTPS URL.

    An address without a scheme, as shops write them for pictures (`//cdn.example.com/a.jpg`), means https.
    """
    address = f"https:{value}" if value.startswith("//") else value
    scheme, _, rest = address.partition(":")
    if scheme.lower() != "https" or not rest.startswith("//"):
        raise ValueError("must start with https://, since CreativeAI fetches it from the internet")
    try:
        check_url(address)
    except RemoteError as error:
        raise ValueError(error.message) from None
    return f"https:{rest}"


def items_of(value: object) -> object:
    """A text with one item per line, as a form has it, or the whole list as JSON."""
    if not isinstance(value, str):
        return value
    if value.lstrip().startswith("["):
        with suppress(ValueError, RecursionError):
            return json.loads(value)
    return [line.strip() for line in value.splitlines() if line.strip()]


def _seconds(value: object) -> object:
    """Also "5s" or "5 s": the vendor wants the bare number."""
    return value.strip().lower().removesuffix("s").strip() if isinstance(value, str) else value


Line = Annotated[str, Field(min_length=1)]
Link = Annotated[str, AfterValidator(_public_https)]
Links = Annotated[list[Link], BeforeValidator(items_of)]
Lines = Annotated[list[Line], BeforeValidator(items_of)]
Seconds = Annotated[int, BeforeValidator(_seconds)]
Ratio = Literal["21:9", "16:9", "4:3", "1:1", "3:4", "9:16"]
Resolution = Literal["480p", "720p", "1080p"]

VIDEO_MODELS = suggest("auto", "kling-o3-pro", "kling-v3", "seedance-1.5-pro")
IMAGE_MODELS = suggest("dall-e-3", "gpt-image-1", "seedream-3.0", "flux-pro", "stable-diffusion-3")
EDIT_MODELS = suggest("seedream-v4.5-edit", "wan-2.6-image-edit")
SIZES = suggest("1024x1024", "1536x1024", "1024x1536", "1792x1024")
CAMERA_ANGLES = suggest("isometric", "low-angle", "bird-eye")


class StyledInput(JobInput):
    """Who and what it should look like; of images and videos alike."""

    character_reference_url: Link | None = Field(
        None,
        title="Main character",
        description="A clear image of one character who should look the same throughout.",
        examples=["https://example.com/character.png"],
    )
    character_references: Links | None = Field(
        None,
        title="More characters",
        description="Up to three images, one per line, each of a single character.",
        examples=[["https://example.com/char1.png", "https://example.com/char2.png"]],
        max_length=3,
    )
    camera_angle: str | None = Field(
        None,
        title="Camera angle",
        description="The camera's point of view.",
        examples=["isometric"],
        json_schema_extra=CAMERA_ANGLES,
    )
    style_reference_url: Link | None = Field(
        None,
        title="Style image",
        description="An image whose style is applied to the result.",
        examples=["https://example.com/style.jpg"],
    )
