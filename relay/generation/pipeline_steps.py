"""Steps of a pipeline as data: validated together, then turned into jobs, some of which wait for a file."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from graphlib import CycleError, TopologicalSorter
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from relay.creativeai import File
from relay.generation.create_job import InputError, context_faults, new_job, read_input
from relay.generation.kinds import JobInput, Upload, kind
from relay.models.job import NewJob, Source, UploadedFile

_A_FILE = "https://cdn.creativeai.run/output/a-file"  # placeholder for an earlier step's file


class Step(BaseModel):
    """`fan_out` None: results are delivered unless another step uses them."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)

    name: str = Field(
        title="Name",
        description="What the other steps call it: letters, digits, - and _.",
        examples=["video"],
        pattern=r"^[A-Za-z0-9_-]+$",
        max_length=40,
    )
    kind: str = Field(title="Kind", description="The kind of job.", examples=["image-to-video"])
    input: dict[str, Any] = Field(
        default_factory=dict,
        title="Input",
        description="The kind's fields, without those that other steps fill.",
        examples=[{"prompt": "The mug turns slowly"}],
    )
    inputs: dict[str, str] = Field(
        default_factory=dict,
        title="Inputs",
        description="Field and the name of the step whose first file's link goes there.",
        examples=[{"image_url": "edit"}],
    )
    fan_out: bool | None = Field(
        None,
        title="Delivers",
        description="Whether its results go to the connections; left out, only those of the last step do.",
        examples=[False],
    )


@dataclass(frozen=True, slots=True)
class Preset:
    """Steps that are filled in by one form.

    uploads  the form's files, all of them for the step `uploads_to`
    faults   checks the files: upload's name -> a message for the user
    """

    name: str
    title: str
    summary: str
    input: type[JobInput]
    uploads: tuple[Upload, ...]
    uploads_to: str
    faults: Callable[[Mapping[str, File]], dict[str, str]]
    steps: Callable[[Any], tuple[Step, ...]]

    def example(self) -> JobInput:
        """Input made of the examples of its fields."""
        fields = self.input.model_fields.items()
        return self.input.model_validate(
            {name: field.examples[0] for name, field in fields if field.examples}
        )


def new_steps(
    steps: Sequence[Step],
    *,
    source: Source,
    context: Mapping[str, str],
    files: Mapping[str, Sequence[UploadedFile]],
) -> list[NewJob]:
    """`files` by step. Raises InputError, with every fault at once; those of a step as `voice.text`."""
    faults = context_faults(context) | _faults_together(steps)
    faults |= dict.fromkeys(files.keys() - {step.name for step in steps}, "There is no such step.")
    used = {name for step in steps for name in step.inputs.values()}
    jobs = []
    for step in steps:
        try:
            job = _new_step(step, source, files.get(step.name, ()))
        except InputError as error:
            faults |= {
                f"{step.name}.{field}" if field else step.name: said for field, said in error.faults.items()
            }
        else:
            fan_out = step.name not in used if step.fan_out is None else step.fan_out
            jobs.append(replace(job, context=dict(context), fan_out=fan_out))
    if faults:
        raise InputError(faults)
    return jobs


def in_order(inputs: Mapping[str, Mapping[str, str]]) -> list[str]:
    """Names of steps, each after those that it depends on, else in the given order. Raises CycleError."""
    sorter = TopologicalSorter({name: set(needed.values()) for name, needed in inputs.items()})
    sorter.prepare()
    found: list[str] = []
    while sorter.is_active():
        ready = set(sorter.get_ready())
        found += [name for name in inputs if name in ready]
        sorter.done(*ready)
    return found


def _faults_together(steps: Sequence[Step]) -> dict[str, str]:
    names = Counter(step.name for step in steps)
    twice = [name for name, count in names.items() if count > 1]
    faults = {"steps": f"More than one step is named {' and '.join(twice)}."} if twice else {}
    for step in steps:
        for field, needed in step.inputs.items():
            if needed not in names:
                faults[f"{step.name}.{field}"] = f"There is no step named {needed}."
            elif field in step.input:
                faults[f"{step.name}.{field}"] = (
                    f"The step {needed} fills it: leave the field out of the input."
                )
    if faults:
        return faults
    try:
        in_order({step.name: step.inputs for step in steps})
    except CycleError as error:
        return {"steps": f"These wait for each other in a circle: {', '.join(error.args[1][1:])}."}
    return {}


def _new_step(step: Step, source: Source, files: Sequence[UploadedFile]) -> NewJob:
    """Checked with placeholders for `inputs`, which the job's own input leaves out. Raises InputError."""
    whole = step.input | dict.fromkeys(step.inputs, _A_FILE)
    job = new_job(step.kind, whole, source=source, files=files)
    faults = {
        name: "This field takes no file." for name in step.inputs if not _takes_link(step.kind, whole, name)
    }
    if faults:
        raise InputError(faults)
    job_input = {name: value for name, value in job.input.items() if name not in step.inputs}
    return replace(job, input=job_input, step=step.name, inputs=dict(step.inputs))


def _takes_link(kind_name: str, whole: Mapping[str, Any], name: str) -> bool:
    """Whether the field takes a link: such a field rejects any other text."""
    _, wrong = read_input(kind(kind_name), {**whole, name: "no link"})
    return any(field.partition(".")[0] == name for field in wrong)
