"""Answers about generations, read with the same eyes as webhooks."""

import json
from collections.abc import Mapping
from typing import Any, Protocol

from relay.errors import MalformedEventError
from relay.generation.client import json_values
from relay.generation.client.answers import Batch, BatchJob, Generation
from relay.generation.client.call import Reply
from relay.model import Event, Result, ResultStatus

_IDS = ("id", "generation_id", "prediction_id", "task_id", "job_id")  # the first is documented
_FILES = ("output_url", "url", "data")


class Parse(Protocol):
    """What reads webhooks: bytes -> an event and its results. Raises MalformedEventError."""

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
    """`parse` is the intake's, handed in where all is wired: one reading of statuses, links and errors."""

    def __init__(self, parse: Parse) -> None:
        self._parse = parse

    def submitted(self, reply: Reply, kind: str, reference: str) -> Generation:
        """Of an answer to a submit. Without an id in it, what was made goes by the name `reference`.

        Raises RemoteError (ambiguous) when there is neither an id nor a file: the job may run, unseen.
        """
        found = self._generation(reply, kind, "", reference)
        nothing = found.status is ResultStatus.COMPLETED and not found.outputs
        if not found.id or nothing:
            raise reply.unreadable("without an id or a file that could be followed")
        return found

    def looked(self, reply: Reply, kind: str, asked: str) -> Generation:
        """Of an answer to a look at the generation `asked`, which it keeps for its id whatever comes."""
        return self._generation(reply, kind, asked, asked)

    def batch(self, reply: Reply, asked: str = "") -> Batch:
        payload = _payload(reply)
        children = json_values.objects(payload.get("jobs"))
        batch_id = asked or json_values.identifier(payload, "batch_id", *_IDS)
        jobs = tuple(map(_batch_job, children))
        if not batch_id and not any(job.id for job in jobs):
            raise reply.unreadable("without the id of the batch")
        counts = ("total_jobs", "completed", "failed", "processing", "pending")
        total, completed, failed, processing, pending = (
            json_values.whole(payload.get(name)) for name in counts
        )
        about = {**payload, "batch_id": batch_id, "object": "video.batch"}
        return Batch(
            id=batch_id,
            jobs=jobs,
            results=self._results(reply, about, {}) if children else (),
            total=total,
            completed=completed,
            failed=failed,
            processing=processing,
            pending=pending,
            credits_charged=json_values.number(payload.get("credits_charged")),
            limits=reply.limits,
            payload=payload,
        )

    def _generation(self, reply: Reply, kind: str, asked: str, fallback: str) -> Generation:
        payload = _payload(reply)
        own = json_values.identifier(payload, *_IDS)
        identifier = asked or own or (fallback if _has_files(payload) else "")
        # Images come in the answer itself, which then has neither id nor status.
        done = ".completed" if not asked and _has_files(payload) else ""
        name = {"x-creativeai-event": f"{kind}.generation{done}"}
        about = {field: value for field, value in payload.items() if field != "jobs"}
        if identifier:
            about["id"] = identifier
        result = next(iter(self._results(reply, about, name)), None)
        headers = reply.headers
        failover = json_values.flag(payload.get("failover_used"))
        return Generation(
            id=identifier,
            word=json_values.text(payload.get("status")),
            result=result,
            model_actual=json_values.text(payload.get("model_actual") or headers.get("x-model-actual")),
            failover_used=json_values.flag(headers.get("x-failover-used")) if failover is None else failover,
            adjusted_credits=json_values.number(payload.get("adjusted_credits")),
            created_at=json_values.text(payload.get("created_at")),
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
    if isinstance(inner, dict) and not json_values.identifier(payload, "batch_id", *_IDS):
        return inner
    return payload


def _has_files(payload: Mapping[str, Any]) -> bool:
    return any(payload.get(name) for name in _FILES)


def _batch_job(child: Mapping[str, Any]) -> BatchJob:
    return BatchJob(
        id=json_values.identifier(child, *_IDS),
        prompt=json_values.text(child.get("prompt")),
        image_url=json_values.text(child.get("image_url")),
        word=json_values.text(child.get("status")),
        credits=json_values.number(child.get("credits")),
    )
