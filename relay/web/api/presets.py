"""Pipeline presets: pipelines with given steps, each created from one input."""

from typing import Any

from pydantic import BaseModel, Field

from relay.generation import pipeline_steps
from relay.generation.pipeline import PRESETS
from relay.web.api.kinds import Upload, shown_upload
from relay.web.api.operation import Call, Operation
from relay.web.context import AppContext


class PresetStep(BaseModel):
    name: str
    kind: str
    inputs: dict[str, str] = Field(
        description="For each field that another step fills, the name of that step."
    )


class Preset(BaseModel):
    """A pipeline preset, for POST /api/pipelines."""

    name: str
    title: str
    summary: str
    input: dict[str, Any] = Field(description="JSON schema of the preset's input.")
    uploads: list[Upload]
    steps: list[PresetStep] = Field(description="In order: each step after those that it needs.")


class PresetsResponse(BaseModel):
    items: list[Preset]


def _list(_ctx: AppContext, _call: Call) -> PresetsResponse:
    return PresetsResponse(items=[_shown(each) for each in PRESETS.values()])


def _shown(each: pipeline_steps.Preset) -> Preset:
    return Preset(
        name=each.name,
        title=each.title,
        summary=each.summary,
        input=each.input.model_json_schema(),
        uploads=[shown_upload(upload) for upload in each.uploads],
        steps=[
            PresetStep(name=step.name, kind=step.kind, inputs=step.inputs)
            for step in each.steps(each.example())
        ],
    )


OPERATIONS = (
    Operation(
        "GET",
        "/api/presets",
        "listPresets",
        "Pipelines",
        "List pipeline presets",
        PresetsResponse,
        _list,
    ),
)
