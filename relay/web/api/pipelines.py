"""Pipelines: jobs that feed each other, created together, listed, canceled and resumed."""

from collections.abc import Mapping

from pydantic import BaseModel, Field, JsonValue

from relay.generation import actions, pipeline, request_pipeline
from relay.generation.create_job import InputError
from relay.generation.pipeline import PRESETS, NewPipeline, Pipeline
from relay.generation.pipeline_steps import Step
from relay.models.job import JobStatus, PipelineSummary, Source, UploadedFile
from relay.web.api.fields import Context
from relay.web.api.job_schema import JobResponse, shown
from relay.web.api.operation import Answered, Call, Operation, Paging, Request
from relay.web.api.problem import missing
from relay.web.api.refusals import as_problems, require_done
from relay.web.api.types import Listed, Moment, page
from relay.web.context import AppContext

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


class PipelinesResponse(Listed[PipelineInList]):
    pass


class PipelineResponse(PipelineInList):
    """A pipeline with its jobs."""

    steps: list[JobResponse] = Field(description="In order: each step after those that it needs.")


def _create(ctx: AppContext, call: Call) -> Answered:
    ctx.needs_key()
    body: PipelineRequest = call.body
    with as_problems(lambda faults: _named(body, faults)):
        created = request_pipeline(
            ctx.store,
            _planned(body, call.files),
            account=ctx.account,
            limits=ctx.limits,
            idempotency_key=f"{call.token.id}:{call.key}" if call.key else "",
            now=call.now,
        )
    made = _known(ctx, created.job_id)
    return Answered(_shown(made), created.new, f"/api/pipelines/{made.id}")


def _planned(body: PipelineRequest, files: tuple[UploadedFile, ...]) -> NewPipeline:
    """Raises InputError."""
    if bool(body.steps) == bool(body.preset):
        raise InputError({"steps": "Enter either steps or a preset."})
    if body.preset:
        return pipeline.of_preset(
            body.preset,
            body.input,
            name=body.name,
            source=Source.API,
            context=body.context,
            files=files,
        )
    if body.input:
        raise InputError(
            {"input": "This field is for a preset only. With steps, each step has its own input."}
        )
    return pipeline.of_steps(
        body.steps, name=body.name, source=Source.API, context=body.context, files=_by_step(files)
    )


def _by_step(files: tuple[UploadedFile, ...]) -> dict[str, list[UploadedFile]]:
    """The part `edit.image` is the file `image` of the step `edit`."""
    found: dict[str, list[UploadedFile]] = {}
    for file in files:
        step, _, name = file.name.partition(".")
        found.setdefault(step, []).append(UploadedFile(name, file.filename, file.type, file.content))
    return found


def _named(body: PipelineRequest, faults: Mapping[str, str]) -> dict[str, str]:
    """The faults by where they are in the request."""
    fields = PRESETS[body.preset].input.model_fields if body.preset in PRESETS else ()
    return {
        f"input.{name}" if name.partition(".")[0] in fields else name: said for name, said in faults.items()
    }


def _list(ctx: AppContext, call: Call) -> PipelinesResponse:
    query: Paging = call.query
    found = ctx.store.pipelines(limit=query.limit + 1, before=query.before)
    items, following = page(found, query.limit, _in_list)
    return PipelinesResponse(items=items, next=following)


def _in_list(found: PipelineSummary) -> PipelineInList:
    return PipelineInList.model_validate(found, from_attributes=True)


def _one(ctx: AppContext, call: Call) -> PipelineResponse:
    return _shown(_known(ctx, call.path["id"]))


def _cancel(ctx: AppContext, call: Call) -> PipelineResponse:
    found = _known(ctx, call.path["id"])
    require_done(actions.cancel_pipeline(ctx.store, found, now=call.now))
    return _shown(_known(ctx, found.id))


def _resume(ctx: AppContext, call: Call) -> PipelineResponse:
    found = _known(ctx, call.path["id"])
    require_done(actions.resume_pipeline(ctx.store, found, account=ctx.account, now=call.now))
    return _shown(_known(ctx, found.id))


def _known(ctx: AppContext, pipeline_id: str) -> Pipeline:
    found = pipeline.find(ctx.store, pipeline_id)
    if found is None:
        raise missing("pipeline")
    return found


def _shown(found: Pipeline) -> PipelineResponse:
    return PipelineResponse(
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
        PipelineResponse,
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
        PipelinesResponse,
        _list,
        query=Paging,
    ),
    Operation(
        "GET",
        "/api/pipelines/{id}",
        "getPipeline",
        "Pipelines",
        "Get a pipeline with its steps",
        PipelineResponse,
        _one,
    ),
    Operation(
        "POST",
        "/api/pipelines/{id}/cancel",
        "cancelPipeline",
        "Pipelines",
        "Cancel the steps that are not sent yet",
        PipelineResponse,
        _cancel,
        problems=(409,),
    ),
    Operation(
        "POST",
        "/api/pipelines/{id}/resume",
        "resumePipeline",
        "Pipelines",
        "Resume a pipeline that failed or was canceled",
        PipelineResponse,
        _resume,
        problems=(409,),
        description="Completed steps are not paid for again. A held step is left as it is: it may have been "
        "started.",
    ),
)
