"""What a person may do with a job or a pipeline, for API, pages and commands alike: done or not, and why."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from relay.errors import ApiKeyError
from relay.generation import pipeline as pipelines
from relay.generation.kinds import find_kind
from relay.generation.pipeline import Pipeline, Store
from relay.models.job import Job, JobStatus, Source
from relay.models.queue import QueueLimits
from relay.store.contract.generation import JobStore

JobAction = Literal["cancel", "retry", "refresh", "link"]
JOB_ACTIONS: tuple[JobAction, ...] = get_args(JobAction)

_AVAILABLE: Mapping[JobAction, frozenset[JobStatus]] = {
    "cancel": frozenset({JobStatus.QUEUED, JobStatus.HELD}),
    "retry": frozenset({JobStatus.FAILED, JobStatus.CANCELED, JobStatus.HELD}),
    "refresh": frozenset({JobStatus.PROCESSING, JobStatus.HELD, JobStatus.FAILED}),
    "link": frozenset({JobStatus.HELD}),
}


@dataclass(frozen=True, slots=True)
class ActionOutcome:
    """`summary` says what happened; or what did not, why, and what to do."""

    done: bool
    summary: str


_ASKS_CREATIVEAI: tuple[JobAction, ...] = ("retry", "refresh")


def is_available(action: JobAction, job: Job, *, account: str) -> bool:
    """Whether a page offers it. The store decides: a job may be in use at this moment, or its files gone.

    `account` "": there is no API key, so nothing can be sent or asked.
    """
    if job.status not in _AVAILABLE[action] or (action in _ASKS_CREATIVEAI and not account):
        return False
    if action == "retry":
        return job.source not in (Source.ELSEWHERE, Source.SAMPLE)
    if action == "link":
        return _can_be_polled(job)
    return action != "refresh" or (bool(job.vendor_id) and job.source is not Source.SAMPLE)


def _can_be_polled(job: Job) -> bool:
    """Of an image, for one, the response was all that there is."""
    kind = find_kind(job.kind)
    return kind is not None and kind.poll is not None


def cancel(store: JobStore, job: Job, *, now: int) -> ActionOutcome:
    if not store.cancel_job(job.id, now=now):
        return _refused(store, job, "canceled", "Only a job that is queued or held can be canceled", _SENT)
    if job.submission == 0:
        return ActionOutcome(True, "The job is canceled. It was not sent, so nothing was charged.")
    return ActionOutcome(
        True, "The job is canceled. If CreativeAI has started it before, its result still arrives."
    )


def retry(store: JobStore, job: Job, *, account: str, limits: QueueLimits, now: int) -> ActionOutcome:
    """Queue the job again, which may cost credits again."""
    if not account:
        return ActionOutcome(False, str(ApiKeyError()))
    if is_available("retry", job, account=account) and (why := limits.never_allow(job.videos, job.estimate)):
        advice = "Raise the limit, then retry the job."
        return ActionOutcome(False, f"The job was not retried, so nothing was charged. {why} {advice}")
    if store.retry_job(job.id, now=now):
        return ActionOutcome(True, "The job is in the queue again.")
    if is_available("retry", job, account=account):
        return _refused(store, job, "retried", "Its files are gone, or it is being sent right now", _ANEW)
    needs = "Only a job that failed, was canceled or is held, and that this relay started, can be retried"
    return _refused(store, job, "retried", needs, _ANEW)


def refresh(store: JobStore, job: Job, *, account: str, now: int) -> ActionOutcome:
    """Poll it as soon as the limits allow, which is free."""
    if not account:
        return ActionOutcome(False, str(ApiKeyError()))
    if store.poll_job(job.id, now=now):
        return ActionOutcome(True, "CreativeAI is being asked about the job.")
    needs = (
        "CreativeAI can be asked about a job that it gave an id, that is no sample, that is not completed or "
        "canceled, and that is not being asked about right now"
    )
    return _refused(store, job, "refreshed", needs, "Its result arrives automatically.")


def link(store: JobStore, job: Job, generation_id: str, *, now: int) -> ActionOutcome:
    """Link a held job, whose answer was lost, to the generation that a person found at CreativeAI."""
    found = generation_id.strip()
    if not found or len(found) > 200:
        return ActionOutcome(False, "Enter the id that CreativeAI shows for it, such as vgen_abc123.")
    if not _can_be_polled(job):
        why = "CreativeAI has no status of such a job to poll."
        return ActionOutcome(False, f"The job was not linked. {why} Retry the job, or cancel it.")
    if store.link_job(job.id, found, now=now):
        return ActionOutcome(True, f"The job is linked to {found}. Its result arrives automatically.")
    return _refused(store, job, "linked", "Only a job that is held can be linked", "Nothing was changed.")


def can_resume(pipeline: Pipeline, *, account: str) -> bool:
    """Whether a page offers it. `account` "": there is no API key."""
    return bool(account) and pipeline.status in (JobStatus.FAILED, JobStatus.CANCELED)


def cancel_pipeline(store: Store, pipeline: Pipeline, *, now: int) -> ActionOutcome:
    """Each step that is not sent yet; those that were run to their end and feed nothing."""
    canceled = pipelines.cancel(store, pipeline, now=now)
    if canceled:
        return ActionOutcome(True, f"Canceled, without a charge: {' and '.join(canceled)}.")
    return ActionOutcome(
        False, "Nothing was canceled: every step has been sent, is being sent, or has ended."
    )


def resume_pipeline(store: Store, pipeline: Pipeline, *, account: str, now: int) -> ActionOutcome:
    """Go on where it failed or was canceled. What is completed is not paid again."""
    if not account:
        return ActionOutcome(False, str(ApiKeyError()))
    resumed = pipelines.resume(store, pipeline, now=now)
    if resumed.again:
        return ActionOutcome(True, "The pipeline is resumed. What is completed is not paid again.")
    if resumed.lost:
        lost = " and ".join(resumed.lost)
        return ActionOutcome(
            False, f"{lost} cannot be retried: the files are gone. Create the pipeline again."
        )
    return ActionOutcome(
        False,
        "Nothing was resumed: no step failed or was canceled. Decide about a held step at its job.",
    )


_SENT = "What is at CreativeAI already cannot be stopped there."
_ANEW = "Use Edit and rerun, or create a new job."


def _refused(store: JobStore, job: Job, what: str, needs: str, advice: str) -> ActionOutcome:
    """With the status that it has now, which may have changed meanwhile."""
    now = store.job(job.id) or job
    return ActionOutcome(False, f"The job is {now.status} and was not {what}. {needs}. {advice}")
