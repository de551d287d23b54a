"""Pipelines: jobs that feed each other, created together, listed, canceled and resumed."""

from pydantic import BaseModel, Field, JsonValue

from relay.generation import pipeline
from relay.generation.create_job import InputError
from relay.generation.pipeline import PRESETS, NewPipeline, Pipeline
from relay.generation.pipeline_steps import Step
from relay.models.job import JobStatus, PipelineSummary, Source, UploadedFile
from relay.web.api.fields import Context
from relay.web.api.job_schema import JobAnswer, shown
from relay.web.api.jobs import check_budget
from relay.web.api.operation import KEY_HEADER, Answered, Call, Operation, Paging, Request
from relay.web.api.problem import missing, wrong_fields
from relay.web.api.types import Listed, Moment, page
from relay.web.context import AppContext, StateError

_PRESETS: list[JsonValue] = list(PRESETS)
_FIELDS = "; ".join(f"{each.name}: {', '.join(each.input.model_fields)}" for each in PRESETS.values())


class PipelineRequest(Request):
    """Either steps, or a preset with its input."""

    steps: list[Step] = Field(
        default_factory=list, description="Each step starts as soon as the results it needs are there."
    )
    preset: str = Field(
        "",
        description="Name of a pipeline preset; GET /api/presets lists them.",
        examples=["commerce"],
        json_schema_extra={"enum": ["", *_PRESETS]},
    )
    input: dict[str, JsonValue] = Field(
        default_factory=dict,
        description=f"The fields of the preset. {_FIELDS}.",
        examples=[{"edit_prompt": "White studio", "video_prompt": "It turns", "voice_text": "Meet the mug."}],
    )
    name: str = Field("", max_length=100, description="Name to show; the default is the preset's name.")
    context: Context = Field(default_factory=dict)


class PipelineInList(BaseModel):
    """Jobs that feed each other."""

    id: str
    name: str
    status: JobStatus = Field(description="The status of the step that needs attention most.")
    context: dict[str, str]
    estimate: float = Field(description="Estimated cost of all steps in credits.")
    created_at: Moment


class PipelinesAnswer(Listed[PipelineInList]):
    pass


class PipelineAnswer(PipelineInList):
    """A pipeline with its jobs."""

    steps: list[JobAnswer] = Field(description="In order: each step after those that it needs.")


def _create(ctx: AppContext, call: Call) -> Answered:
    ctx.needs_key()
    asked: PipelineRequest = call.body
    try:
        new = _planned(asked, call.files)
    except InputError as error:
        raise wrong_fields(_named(asked, error)) from None
    for job in new.jobs:
        check_budget(ctx, job)
    key = f"{call.token.id}:{call.key}" if call.key else ""
    created = pipeline.create(ctx.store, new, idempotency_key=key, now=call.now)
    if not created.new and created.digest != new.digest:
        words = "This key was used for another request. Use a new key for a new pipeline."
        raise wrong_fields({KEY_HEADER: words})
    made = _known(ctx, created.job_id)
    return Answered(_shown(made), created.new, f"/api/pipelines/{made.id}")


def _planned(asked: PipelineRequest, files: tuple[UploadedFile, ...]) -> NewPipeline:
    """Raises InputError."""
    if bool(asked.steps) == bool(asked.preset):
        raise InputError({"steps": "Enter either steps or a preset."})
    if asked.preset:
        return pipeline.of_preset(
            asked.preset,
            asked.input,
            name=asked.name,
            source=Source.API,
            context=asked.context,
            files=files,
        )
    if asked.input:
        raise InputError(
            {"input": "This field is for a preset only. With steps, each step has its own input."}
        )
    return pipeline.of_steps(
        asked.steps, name=asked.name, source=Source.API, context=asked.context, files=_by_step(files)
    )


def _by_step(files: tuple[UploadedFile, ...]) -> dict[str, list[UploadedFile]]:
    """The part `edit.image` is the file `image` of the step `edit`."""
    found: dict[str, list[UploadedFile]] = {}
    for file in files:
        step, _, name = file.name.partition(".")
        found.setdefault(step, []).append(UploadedFile(name, file.filename, file.type, file.content))
    return found


def _named(asked: PipelineRequest, error: InputError) -> dict[str, str]:
    """The faults by where they stand in the request."""
    fields = PRESETS[asked.preset].input.model_fields if asked.preset in PRESETS else ()
    return {
        f"input.{name}" if name.partition(".")[0] in fields else name: said
        for name, said in error.faults.items()
    }


def _list(ctx: AppContext, call: Call) -> PipelinesAnswer:
    asked: Paging = call.query
    found = ctx.store.pipelines(limit=asked.limit + 1, before=asked.before)
    items, following = page(found, asked.limit, _in_list)
    return PipelinesAnswer(items=items, next=following)


def _in_list(found: PipelineSummary) -> PipelineInList:
    return PipelineInList.model_validate(found, from_attributes=True)


def _one(ctx: AppContext, call: Call) -> PipelineAnswer:
    return _shown(_known(ctx, call.path["id"]))


def _cancel(ctx: AppContext, call: Call) -> PipelineAnswer:
    found = _known(ctx, call.path["id"])
    if not pipeline.cancel(ctx.store, found, now=call.now):
        raise StateError("No step was canceled: each has been sent, is being sent, or has ended.")
    return _shown(_known(ctx, found.id))


def _resume(ctx: AppContext, call: Call) -> PipelineAnswer:
    ctx.needs_key()
    found = _known(ctx, call.path["id"])
    resumed = pipeline.resume(ctx.store, found, now=call.now)
    if not resumed.again:
        lost = " and ".join(resumed.lost)
        raise StateError(
            f"{lost} cannot be retried, because the uploaded files are gone. Create the pipeline again."
            if lost
            else "No step failed or was canceled. A held step is retried or canceled at its job."
        )
    return _shown(_known(ctx, found.id))


def _known(ctx: AppContext, pipeline_id: str) -> Pipeline:
    found = pipeline.find(ctx.store, pipeline_id)
    if found is None:
        raise missing("pipeline")
    return found


def _shown(found: Pipeline) -> PipelineAnswer:
    return PipelineAnswer(
        id=found.id,
        name=found.name,
        status=found.status,
        context=dict(found.context),
        estimate=sum(job.estimate for job in found.steps),
        created_at=found.created_at,
        steps=[shown(job) for job in found.steps],
    )


OPERATIONS = (
    Operation(
        "POST",
        "/api/pipelines",
        "createPipeline",
        "Pipelines",
        "Create a pipeline: jobs that feed each other",
        PipelineAnswer,
        _create,
        body=PipelineRequest,
        problems=(409,),
        description="As multipart/form-data a preset's files are parts of their own names, and a step's file "
        "the part step.name, such as edit.image. Send an Idempotency-Key, as for a job.",
        makes=True,
        uploads="pipeline",
        takes_key=True,
    ),
    Operation(
        "GET",
        "/api/pipelines",
        "listPipelines",
        "Pipelines",
        "List pipelines, newest first",
        PipelinesAnswer,
        _list,
        query=Paging,
    ),
    Operation(
        "GET",
        "/api/pipelines/{id}",
        "getPipeline",
        "Pipelines",
        "Get a pipeline with its steps",
        PipelineAnswer,
        _one,
    ),
    Operation(
        "POST",
        "/api/pipelines/{id}/cancel",
        "cancelPipeline",
        "Pipelines",
        "Cancel the steps that are not sent yet",
        PipelineAnswer,
        _cancel,
        problems=(409,),
    ),
    Operation(
        "POST",
        "/api/pipelines/{id}/resume",
        "resumePipeline",
        "Pipelines",
        "Resume a pipeline that failed or was canceled",
        PipelineAnswer,
        _resume,
        problems=(409,),
        description="Completed steps are not paid for again. A held step is left as it is: it may have been "
        "started.",
    ),
)
