"""Answers about generations, read by the parser of webhooks."""

import json
from collections.abc import Mapping
from typing import Any, Protocol

from relay.creativeai import lenient_json
from relay.creativeai.models import Batch, BatchJob, Generation
from relay.creativeai.transport import Reply
from relay.errors import MalformedEventError
from relay.models.core import Event, Result, ResultStatus

_IDS = ("id", "generation_id", "prediction_id", "task_id", "job_id")  # the first is documented
_FILES = ("output_url", "url", "data")


class Parse(Protocol):
    """Parser of webhooks: bytes -> an event and its results. Raises MalformedEventError."""

    def __call__(
        self,
        body: bytes,
        headers: Mapping[str, str],
        *,
        label: str,
        secret: str,
        received_at: int,
        query: str = "",
    ) -> Event: ...


class Reader:
    """`parse` is the intake's, so that statuses, links and errors are read the same way as in webhooks."""

    def __init__(self, parse: Parse) -> None:
        self._parse = parse

    def submitted(self, reply: Reply, kind: str, reference: str) -> Generation:
        """The answer to a submit. Without an ID in it, the result gets the ID `reference`.

        Raises RemoteError (ambiguous) when it has neither an ID nor a file: the job may be running.
        """
        found = self._generation(reply, kind, "", reference)
        nothing = found.status is ResultStatus.COMPLETED and not found.outputs
        if not found.id or nothing:
            raise reply.unreadable("without an id or a file that could be followed")
        return found

    def polled(self, reply: Reply, kind: str, asked: str) -> Generation:
        """The answer to a poll of the generation `asked`, which is its ID whatever the answer says."""
        return self._generation(reply, kind, asked, asked)

    def batch(self, reply: Reply, asked: str = "") -> Batch:
        payload = _payload(reply)
        expected_results = lenient_json.objects(payload.get("jobs"))
        batch_id = asked or lenient_json.identifier(payload, "batch_id", *_IDS)
        jobs = tuple(map(_batch_job, expected_results))
        if not batch_id and not any(job.id for job in jobs):
            raise reply.unreadable("without the id of the batch")
        counts = ("total_jobs", "completed", "failed", "processing", "pending")
        total, completed, failed, processing, pending = (
            lenient_json.whole(payload.get(name)) for name in counts
        )
        about = {**payload, "batch_id": batch_id, "object": "video.batch"}
        return Batch(
            id=batch_id,
            jobs=jobs,
            results=self._results(reply, about, {}) if expected_results else (),
            total=total,
            completed=completed,
            failed=failed,
            processing=processing,
            pending=pending,
            credits_charged=lenient_json.number(payload.get("credits_charged")),
            limits=reply.limits,
            payload=payload,
        )

    def _generation(self, reply: Reply, kind: str, asked: str, fallback: str) -> Generation:
        payload = _payload(reply)
        own = lenient_json.identifier(payload, *_IDS)
        identifier = asked or own or (fallback if _has_files(payload) else "")
        # Images are in the answer itself, which then has neither ID nor status.
        done = ".completed" if not asked and _has_files(payload) else ""
        name = {"x-creativeai-event": f"{kind}.generation{done}"}
        about = {field: value for field, value in payload.items() if field != "jobs"}
        if identifier:
            about["id"] = identifier
        result = next(iter(self._results(reply, about, name)), None)
        headers = reply.headers
        failover = lenient_json.flag(payload.get("failover_used"))
        return Generation(
            id=identifier,
            word=lenient_json.text(payload.get("status")),
            result=result,
            model_actual=lenient_json.text(payload.get("model_actual") or headers.get("x-model-actual")),
            failover_used=lenient_json.flag(headers.get("x-failover-used")) if failover is None else failover,
            adjusted_credits=lenient_json.number(payload.get("adjusted_credits")),
            created_at=lenient_json.text(payload.get("created_at")),
            limits=reply.limits,
            payload=payload,
        )

    def _results(
        self, reply: Reply, payload: Mapping[str, Any], headers: Mapping[str, str]
    ) -> tuple[Result, ...]:
        try:
            body = json.dumps(payload).encode()
            return self._parse(body, headers, label="", secret="", received_at=0).results
        except (MalformedEventError, RecursionError, ValueError):
            raise reply.unreadable("with JSON that cannot be read") from None


def _payload(reply: Reply) -> dict[str, Any]:
    """The object in the answer, without an envelope `data` around it."""
    if not isinstance(reply.value, dict):
        raise reply.unreadable("with something else than a JSON object")
    payload: dict[str, Any] = reply.value
    inner = payload.get("data")
    if isinstance(inner, dict) and not lenient_json.identifier(payload, "batch_id", *_IDS):
        return inner
    return payload


def _has_files(payload: Mapping[str, Any]) -> bool:
    return any(payload.get(name) for name in _FILES)


def _batch_job(child: Mapping[str, Any]) -> BatchJob:
    return BatchJob(
        id=lenient_json.identifier(child, *_IDS),
        prompt=lenient_json.text(child.get("prompt")),
        image_url=lenient_json.text(child.get("image_url")),
        word=lenient_json.text(child.get("status")),
        credits=lenient_json.number(child.get("credits")),
    )
