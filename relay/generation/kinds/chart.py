"""The kind that animates a chart, from its picture or from its numbers.

https://creativeai.run/api-docs, Chart-to-Video API.
"""

import json
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, field_validator

from relay.creativeai import CreativeAI, Generation, endpoints
from relay.generation.kinds.base import SHORT_POLLS, Kind, SubmitContext
from relay.generation.kinds.fields import JobInput, Link, Seconds
from relay.models import output_kind

_CREDITS = 15


class _Data(BaseModel):
    """What the vendor may add to the numbers is passed on."""

    model_config = ConfigDict(frozen=True, extra="allow", hide_input_in_errors=True, allow_inf_nan=False)


class Dataset(_Data):
    label: str | None = Field(None, title="Name", description="What the numbers are.", examples=["Revenue"])
    data: list[float] = Field(
        title="Numbers", description="One for each label.", examples=[[1.2, 1.8, 2.4, 3.1]], min_length=1
    )


class ChartData(_Data):
    type: Literal["line", "bar", "pie", "area"] = Field(
        title="Type", description="How the numbers are drawn.", examples=["line"]
    )
    labels: list[str] = Field(
        title="Labels", description="The labels along the axis.", examples=[["Q1", "Q2"]], min_length=1
    )
    datasets: list[Dataset] = Field(
        title="Series",
        description="One or more rows of numbers.",
        examples=[[{"label": "Revenue", "data": [1.2, 1.8]}]],
        min_length=1,
    )


def _from_text(value: object) -> object:
    """A form has the JSON as text."""
    if not isinstance(value, str):
        return value
    try:
        found: object = json.loads(value)
        json.dumps(found, allow_nan=False)  # raises for NaN and 1e999, which no request's body can hold
    except (ValueError, RecursionError):
        raise ValueError("must be JSON, such as the example") from None
    return found


class ChartToVideo(JobInput):
    # One of two fields is needed and so neither is required: the least input is said here.
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"chart_image_url": "https://example.com/charts/q4-revenue.png"}]}
    )

    chart_image_url: Link | None = Field(
        None,
        title="Chart image",
        description="Public https URL. Leave empty to enter numbers instead.",
        examples=["https://example.com/charts/q4-revenue.png"],
    )
    chart_data: Annotated[ChartData | None, BeforeValidator(_from_text)] = Field(
        None,
        title="Numbers",
        description="Type, labels and series, instead of an image.",
        examples=[
            {"type": "line", "labels": ["Q1", "Q2"], "datasets": [{"label": "Revenue", "data": [1, 2]}]}
        ],
        validate_default=True,
    )
    animation_style: Literal["ken_burns", "build_up", "reveal", "morph"] = Field(
        "ken_burns",
        title="Movement",
        description="Pan and zoom, point by point, out of a mask, or from one state to the next.",
        examples=["ken_burns"],
    )
    title: str | None = Field(
        None, title="Title", description="The title shown above the video.", examples=["Q4 Revenue Growth"]
    )
    duration: Seconds = Field(
        10, title="Length", description="Whole seconds; 8 to 10 are usual.", examples=[10], ge=1
    )

    @field_validator("chart_data")
    @classmethod
    def _is_one_of_two(cls, value: ChartData | None, info: ValidationInfo) -> ChartData | None:
        if "chart_image_url" not in info.data:
            return value
        pictured = info.data["chart_image_url"] is not None
        if pictured and value is not None:
            raise ValueError("there is a picture of the chart already; leave one of the two empty")
        if not pictured and value is None:
            raise ValueError("enter the numbers here, or a picture of the chart")
        return value


def _start(client: CreativeAI, body: Any, submit_context: SubmitContext) -> Generation:
    return client.assets.animate_chart(body, reference=submit_context.reference, now=submit_context.now)


def _poll(client: CreativeAI, generation_id: str, now: int) -> Generation:
    return client.assets.status(generation_id, "chart", now=now)


CHART_TO_VIDEO = Kind(
    name="chart-to-video",
    group="Video",
    title="Video from a chart",
    summary="Animates a chart from an image or from numbers.",
    output=output_kind.CHART,
    id_prefixes=("chart_",),
    input=ChartToVideo,
    endpoint=endpoints.CHART_TO_VIDEO,
    typical=lambda _: _CREDITS,
    priced_as="chart-to-video",
    seconds=(30, 60),
    start=_start,
    poll=_poll,
    poll_schedule=SHORT_POLLS,
)
