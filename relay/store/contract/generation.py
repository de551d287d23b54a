"""The store's interface for generation and the API: jobs, queue, pipelines, tokens, unsigned webhooks.

Times are passed in, integer ms UTC. Every method is atomic, as in `relay.store.contract.core`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol

from relay.models.core import Event, RoutedResult
from relay.models.job import Created, Job, NewJob, PipelineSummary, Token, UnsignedEvent, UploadedFile
from relay.models.queue import (
    NONE_BUSY,
    UNLIMITED,
    BusyKinds,
    Call,
    CallOutcome,
    CallResult,
    QueueLimits,
    QueuePosition,
    QueueState,
    RateLimitInfo,
    StatusPoll,
    Submission,
    interrupted,
)
from relay.models.views import ResultRecord


class JobStore(Protocol):
    def create_jobs(self, jobs: Sequence[NewJob], *, now: int) -> list[Created]:
        """All or none, in order. A known idempotency key, or a vendor's id that is followed already, makes
        nothing new. Jobs of one batch take turns in the queue with other jobs; the workers are woken.

        The context of a job that runs elsewhere is also that of its generation, if that is known. A repeated
        request adds to the context, and what was there stays.

        Raises ShareError where they exceed the budget of their share link, or it has ended.
        """
        ...

    def create_sample(self, job: NewJob, event: Event, wanted: Sequence[RoutedResult]) -> Created:
        """The job and its event, accepted as by intake, in one step. A known idempotency key makes
        nothing new."""
        ...

    def job(self, job_id: str) -> Job | None: ...

    def jobs(
        self,
        *,
        limit: int,
        before: str = "",
        since: str = "",
        status: str = "",
        kind: str = "",
        batch_id: str = "",
        pipeline_id: str = "",
    ) -> list[Job]:
        """Newest first; `before` is the id of the last one seen, `since` the least id that is meant.

        Of a batch or a pipeline all are meant, whatever their kind and time."""
        ...

    def queue_position(
        self, job_id: str, *, now: int, videos_left: float = UNLIMITED, credits_left: float = UNLIMITED
    ) -> QueuePosition | None:
        """None: it is not queued. Those that it passes because they do not fit into what is left of the day
        are not before it."""
        ...

    def cancel_job(self, job_id: str, *, now: int) -> bool:
        """Only while it is queued or held and not leased; its files are deleted. False: it is not."""
        ...

    def retry_job(self, job_id: str, *, now: int) -> bool:
        """Queue a job again that failed, was canceled or is held; a step with inputs waits for them
        again, to be given links that work. False: it is none of these, or its files are gone."""
        ...

    def poll_job(self, job_id: str, *, now: int) -> bool:
        """Poll it as soon as the vendor's limits allow. False: it cannot be polled."""
        ...

    def poll_running(self, *, now: int) -> int:
        """The same for all unfinished jobs that were last polled half a minute ago or earlier. How many."""
        ...

    def link_job(self, job_id: str, vendor_id: str, *, now: int) -> bool:
        """Link a job to a generation that a person found. False: the job is not held, or is sent already."""
        ...

    def generations_of(self, job_id: str) -> list[str]:
        """Ids of its generations, as far as they are known."""
        ...


class QueueStore(Protocol):
    """Leases are (job id, token)."""

    def claim_call(
        self,
        account: str,
        limits: QueueLimits,
        *,
        now: int,
        lease_until: int,
        prefer: type[Call] = Submission,
        busy: BusyKinds = NONE_BUSY,
        explain_interruption: Callable[[str], str] = interrupted,
    ) -> Submission | StatusPoll | None:
        """Lease the next call to the vendor that its limits allow; None: none is due, or there is no room.

        Counts it in the same step, for all processes. Where a submit and a poll are both possible, `prefer`
        decides. Jobs of the kinds in `busy` are passed by those of others. A job that does not fit into what
        is left of the day is passed by smaller ones for up to a day; then what becomes free is kept for it.

        A submit whose lease ran out may have had its effect: its job is held here, with what
        `explain_interruption` says of its kind. A poll whose lease ran out is due again. While the queue is
        paused only polls are given.
        """
        ...

    def renew_calls(self, leases: Iterable[tuple[str, int]], *, until: int) -> None: ...

    def release_calls(self, calls: Iterable[Call], *, now: int) -> None:
        """Give back, unchanged and uncounted, calls that were claimed and not begun."""
        ...

    def files(self, job_id: str) -> tuple[UploadedFile, ...]: ...

    def keep_result(self, found: CallResult, wanted: Sequence[RoutedResult]) -> bool:
        """Link the generations of an answer to its job, and accept the results as intake does.

        A job that is unclear, or was, is held with `hold_reason`, or runs on without one.

        False: the lease was lost. The answer to a submit is kept all the same: it is true and was paid for.
        """
        ...

    def end_call(self, end: CallOutcome) -> bool:
        """Record how a call without a result ended. False: the lease was lost, nothing is written."""
        ...

    def pause_queue(self, account: str, why: str, *, now: int, until: int | None = None) -> None: ...

    def resume_queue(self, account: str, *, now: int) -> bool:
        """End its pause and what holds its rate buckets. False: there was nothing to end. Jobs that are held
        for lack of credits are queued again."""
        ...

    def take_request(self, account: str, limits: QueueLimits, *, now: int) -> bool:
        """Count one request that no job needs, for all processes. False: there is no room, the queue
        is paused, or such requests have had their share, a fifth of a minute's."""
        ...

    def queue_state(self, account: str, *, now: int) -> QueueState: ...


class PipelineStore(Protocol):
    def create_pipeline(
        self,
        name: str,
        steps: Sequence[NewJob],
        *,
        context: Mapping[str, str],
        idempotency_key: str = "",
        digest: str = "",
        now: int,
    ) -> Created:
        """The pipeline and its jobs, in one step; `Created.job_id` is the pipeline's id."""
        ...

    def pipeline(self, pipeline_id: str) -> tuple[str, Mapping[str, str], int] | None:
        """(name, context, created_at)."""
        ...

    def pipelines(self, *, limit: int, before: str = "") -> list[PipelineSummary]:
        """Newest first; `before` is the id of the last one seen."""
        ...

    def waiting_steps(self, *, limit: int) -> list[tuple[Job, Mapping[str, ResultRecord]]]:
        """Queued jobs whose inputs are all there, with those: field -> the first result of that step."""
        ...

    def explain_steps(self) -> int:
        """Store for each waiting job what it waits for and that step's status. How many changed."""
        ...

    def begin_step(self, job_id: str, job_input: Mapping[str, Any], *, now: int) -> bool:
        """Queue it with its complete input. False: it is not waiting any more."""
        ...

    def fail_step(self, job_id: str, why: str, *, now: int) -> bool:
        """Fail it because another step's result does not fit its input."""
        ...


class TokenStore(Protocol):
    def add_token(self, name: str, digest: str, *, now: int, remote_addr: str = "") -> str:
        """Its id. `digest` is the token's SHA-256, hexadecimal. Noted in the access log, as is revoking it:
        `remote_addr` is who did it, "" for a command."""
        ...

    def tokens(self) -> list[Token]: ...

    def revoke_token(self, token_id: str, *, now: int, remote_addr: str = "") -> bool: ...

    def token_by_digest(self, digest: str, *, now: int) -> Token | None:
        """One that is not revoked; that it was used is noted once a minute at most."""
        ...


class UnsignedStore(Protocol):
    def poll_job_of(self, vendor_id: str, *, now: int) -> bool:
        """Poll the job that this generation or batch belongs to, half a minute after the last poll at the
        earliest. False: there is none, or a poll would not answer for this."""
        ...

    def hold_unsigned(
        self, event: Event, query: str, *, most: int, sender: str = "", vendor_id: str = ""
    ) -> bool:
        """Keep it apart for an hour. False: it is held already.

        `sender` may have as many as there are places left of `most`. Beyond that, one that was polled in vain
        is dropped, of whoever has most. `vendor_id` is what is polled; "" for its first generation.

        Raises StoreBusyError where none can be dropped, or the database is busy.
        """
        ...

    def claim_unsigned(
        self, account: str, limits: QueueLimits, *, now: int, again_at: int
    ) -> UnsignedEvent | None:
        """The next that is due to be polled; it is due again at `again_at`. What is older than an hour
        is dropped. None: none is due, or there is no room.

        IDs that were not polled yet come first, in turns of their senders: however much one sends, the others
        come in between. Counts a poll in the same step, for all processes: half of the polls, and half of
        the requests, that the key may make in a minute.
        """
        ...

    def note_rate_limit(self, account: str, reported: RateLimitInfo, *, now: int) -> None:
        """What the vendor's headers say of the requests that the key may make."""
        ...

    def reschedule_unsigned(self, event_id: str, *, until: int) -> None:
        """The vendor does not confirm it so far: count the poll, and poll again then."""
        ...

    def drop_unsigned(self, event_id: str) -> None: ...

    def hold_polls(self, account: str, reason: str, *, now: int, until: int) -> None:
        """No poll is made before this moment, or before a person resumes the queue."""
        ...


class GenerationStore(JobStore, QueueStore, PipelineStore, TokenStore, UnsignedStore, Protocol):
    """All protocols of generation."""
