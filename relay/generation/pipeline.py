"""Pipelines: created as a whole; each step starts once its inputs exist; resumable after a failure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from relay.creativeai import File
from relay.errors import RelayError
from relay.generation.create_job import (
    InputError,
    context_faults,
    digest_of,
    known_kind,
    read_input,
    read_model,
)
from relay.generation.pipeline_steps import Preset, Step, in_order, new_steps
from relay.generation.presets import COMMERCE
from relay.models.archive import Copy
from relay.models.core import LINKS_LIVE_MS
from relay.models.job import Job, JobStatus, NewJob, Source, UploadedFile, status_of_all
from relay.models.views import ResultRecord
from relay.store.contract.generation import JobStore, PipelineStore

PRESETS: Mapping[str, Preset] = {COMMERCE.name: COMMERCE}
_AT_ONCE = 50  # steps begun in one round, to keep rounds short
_MOST_STEPS = 100

Link = Callable[[Copy, int], tuple[str, int | None] | None]
"""(copy, now in ms) -> its URL and when that expires. None: no URL is reachable from outside."""


class Store(JobStore, PipelineStore, Protocol):
    """The parts of the store that pipelines use."""


class StepInputError(RelayError):
    """A step's inputs cannot be used. The message is shown to people."""


@dataclass(frozen=True, slots=True)
class NewPipeline:
    name: str
    jobs: Sequence[NewJob]
    context: Mapping[str, str]

    @property
    def estimate(self) -> float:
        """Credits that it will probably cost."""
        return sum(job.estimate for job in self.jobs)

    @property
    def digest(self) -> str:
        """The same for the same request."""
        steps = [[job.step, job.kind, job.input, job.inputs, job.fan_out] for job in self.jobs]
        files = [file for job in self.jobs for file in job.files]
        return digest_of(self.name, {"steps": steps}, self.context, files)


@dataclass(frozen=True, slots=True)
class Pipeline:
    """A stored pipeline. `steps`: its jobs, each after those that it depends on."""

    id: str
    name: str
    context: Mapping[str, str]
    created_at: int
    steps: tuple[Job, ...]

    @property
    def status(self) -> JobStatus:
        return status_of_all({job.status for job in self.steps})


@dataclass(frozen=True, slots=True)
class ResumedSteps:
    """Names of steps: `again` are queued once more, `lost` cannot be retried."""

    again: tuple[str, ...]
    lost: tuple[str, ...]


def of_steps(
    steps: Sequence[Step],
    *,
    name: str = "",
    source: Source,
    context: Mapping[str, str],
    files: Mapping[str, Sequence[UploadedFile]] | None = None,
) -> NewPipeline:
    """`files` by step. Raises InputError, with every fault at once."""
    if not 0 < len(steps) <= _MOST_STEPS:
        raise InputError({"steps": f"Give 1 to {_MOST_STEPS} steps."})
    return NewPipeline(
        name, new_steps(steps, source=source, context=context, files=files or {}), dict(context)
    )


def of_preset(
    preset_name: str,
    given: Mapping[str, Any],
    *,
    name: str = "",
    source: Source,
    context: Mapping[str, str],
    files: Sequence[UploadedFile] = (),
) -> NewPipeline:
    """Raises InputError, with every fault at once, by the preset's own fields."""
    preset = PRESETS.get(preset_name)
    if preset is None:
        raise InputError({"preset": f"There is no such preset. There is: {', '.join(PRESETS)}."})
    job_input, faults = read_model(preset.input, given)
    sent = {file.name: File(file.filename, file.type, file.content) for file in files}
    faults = faults | preset.faults(sent) | context_faults(context)
    if job_input is None or faults:
        raise InputError(faults)
    by_step = {preset.uploads_to: files}
    return of_steps(
        preset.steps(job_input), name=name or preset.name, source=source, context=context, files=by_step
    )


def find(store: Store, pipeline_id: str) -> Pipeline | None:
    known = store.pipeline(pipeline_id)
    if known is None:
        return None
    found = {job.step: job for job in store.jobs(limit=_MOST_STEPS, pipeline_id=pipeline_id)}
    order = in_order({name: found[name].inputs for name in sorted(found)})
    name, context, created_at = known
    return Pipeline(pipeline_id, name, context, created_at, tuple(found[name] for name in order))


def cancel(store: Store, pipeline: Pipeline, *, now: int) -> list[str]:
    """Cancel each step that is not sent yet; sent ones run to their end, but no step follows. The last first,
    so that none begins meanwhile. Returns the names of the canceled ones."""
    return [job.step for job in reversed(pipeline.steps) if store.cancel_job(job.id, now=now)]


def resume(store: Store, pipeline: Pipeline, *, now: int) -> ResumedSteps:
    """Retry steps that failed or were canceled; completed ones are not paid again. A held step is left to a
    person: CreativeAI may have started it."""
    stopped = [job for job in pipeline.steps if job.status in (JobStatus.FAILED, JobStatus.CANCELED)]
    again = [job.step for job in stopped if store.retry_job(job.id, now=now)]
    return ResumedSteps(tuple(again), tuple(job.step for job in stopped if job.step not in again))


def advance(store: Store, now: int, link: Link = lambda _copy, _now: None) -> None:
    """Begin every step whose inputs exist, and store for the others what they wait for.

    A duty of the queue's loop, in any number of processes: the store begins each step only once.
    """
    for job, results in store.waiting_steps(limit=_AT_ONCE):
        try:
            job_input = _with_links(job, results, now, link)
        except StepInputError as error:
            store.fail_step(job.id, f"{error} The step was not sent, so nothing was charged.", now=now)
        else:
            store.begin_step(job.id, job_input, now=now)
    store.explain_steps()


def _with_links(job: Job, results: Mapping[str, ResultRecord], now: int, link: Link) -> dict[str, Any]:
    """The step's complete input, with links to earlier steps' files. Raises StepInputError."""
    links = {field: _link(job.inputs[field], record, now, link) for field, record in results.items()}
    try:
        job_input, faults = read_input(known_kind(job.kind), {**job.input, **links})
    except InputError as error:
        raise StepInputError(str(error)) from None
    if job_input is None:
        said = " ".join(f"{field}: {fault}" for field, fault in faults.items())
        raise StepInputError(f"What it was given does not fit. {said}")
    return job_input.body()


def _link(step: str, record: ResultRecord, now: int, link: Link) -> str:
    """CreativeAI's link until it expires, then our copy's. Raises StepInputError."""
    if not record.result.outputs:
        raise StepInputError(f"CreativeAI named no file of what {step} made. Start the whole pipeline again.")
    if now < record.received_at + LINKS_LIVE_MS:
        return record.result.outputs[0].url
    copy = next((copy for copy in record.copies if copy.number == 1), None)
    found = link(copy, now) if copy else None
    if found is None:
        raise StepInputError(
            f"The file that {step} made is gone: CreativeAI keeps files for 7 days, and the relay has no "
            "copy that CreativeAI could open. Start the whole pipeline again."
        )
    return found[0]
