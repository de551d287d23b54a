"""Answers about generations, read by the parser of webhooks."""

import json
from collections.abc import Mapping
from typing import Any, Protocol

from relay.creativeai import lenient_json
from relay.creativeai.models import Batch, BatchJob, Generation
from relay.creativeai.transport import Reply
from relay.models.core import Event, Result, ResultStatus, UnclearStatus
from relay.models.envelope import ID_FIELDS, STATUS_FIELDS, unwrapped


class Parse(Protocol):
    """Parser of webhooks: bytes -> an event and its results. Never raises."""

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
        own = lenient_json.identifier(_payload(reply), *ID_FIELDS)
        found = self._generation(reply, kind, own or reference)
        if not found.id or not (own or found.outputs):
            raise reply.unreadable("without an id or a file that could be followed")
        return found

    def polled(self, reply: Reply, kind: str, asked: str) -> Generation:
        """The answer to a poll of the generation `asked`, which is its ID whatever the answer says."""
        return self._generation(reply, kind, asked, asked)

    def batch(self, reply: Reply, asked: str = "") -> Batch:
        payload = _payload(reply, asked)
        listed = lenient_json.objects(payload.get("jobs"))
        batch_id = asked or lenient_json.identifier(payload, "batch_id", *ID_FIELDS)
        jobs = tuple(map(_batch_job, listed))
        if not batch_id and not any(job.id for job in jobs):
            raise reply.unreadable("without the id of the batch")
        counts = ("total_jobs", "completed", "failed", "processing", "pending")
        total, completed, failed, processing, pending = (
            lenient_json.whole(payload.get(name)) for name in counts
        )
        about = {**payload, "batch_id": batch_id, "object": "video.batch"}
        results, unclear = self._read(reply, about, {}) if listed else ((), ())
        return Batch(
            id=batch_id,
            jobs=jobs,
            results=results,
            unclear=unclear,
            unlisted=self._of_the_batch(reply, payload, asked) if asked else (),
            total=total,
            completed=completed,
            failed=failed,
            processing=processing,
            pending=pending,
            credits_charged=lenient_json.number(payload.get("credits_charged")),
            limits=reply.limits,
            payload=payload,
        )

    def _of_the_batch(
        self, reply: Reply, payload: Mapping[str, Any], batch_id: str
    ) -> tuple[UnclearStatus, ...]:
        """Its own status, unless that says that videos are still being prepared."""
        about = {"id": batch_id} | {name: payload.get(name) for name in STATUS_FIELDS}
        results, unclear = self._read(reply, about, {})
        words = [str(each.status) for each in results if each.status is not ResultStatus.PROCESSING]
        words += [each.word for each in unclear]
        return tuple(UnclearStatus(batch_id, word, vendor_batch_id=batch_id) for word in words)

    def _generation(self, reply: Reply, kind: str, identifier: str, asked: str = "") -> Generation:
        payload = _payload(reply, asked)
        about = {field: value for field, value in payload.items() if field != "jobs"} | {"id": identifier}
        results, unclear = self._read(reply, about, {"x-creativeai-event": f"{kind}.generation"})
        word = lenient_json.text(payload.get("status"))
        if not results and not unclear:
            unclear = (UnclearStatus(identifier, word),)
        headers = reply.headers
        failover = lenient_json.flag(payload.get("failover_used"))
        return Generation(
            id=identifier,
            word=word,
            result=results[0] if results else None,
            unclear=unclear,
            model_actual=lenient_json.text(payload.get("model_actual") or headers.get("x-model-actual")),
            failover_used=lenient_json.flag(headers.get("x-failover-used")) if failover is None else failover,
            adjusted_credits=lenient_json.number(payload.get("adjusted_credits")),
            created_at=lenient_json.text(payload.get("created_at")),
            limits=reply.limits,
            payload=payload,
        )

    def _read(
        self, reply: Reply, payload: Mapping[str, Any], headers: Mapping[str, str]
    ) -> tuple[tuple[Result, ...], tuple[UnclearStatus, ...]]:
        """What can be acted on, and what not: nothing is complete without its file, which may come late."""
        try:
            body = json.dumps(payload).encode()
        except (RecursionError, ValueError):
            raise reply.unreadable("with JSON that cannot be read") from None
        event = self._parse(body, headers, label="", secret="", received_at=0)
        clear = tuple(each for each in event.results if not each.lacks_its_file)
        no_file = (
            UnclearStatus(each.generation_id, str(each.status), vendor_batch_id=each.vendor_batch_id)
            for each in event.results
            if each.lacks_its_file
        )
        return clear, (*event.unclear, *no_file)


def _payload(reply: Reply, asked: str = "") -> dict[str, Any]:
    """The object in the answer, without an envelope around it.

    Raises RemoteError when there is none; to what was `asked` about, such an answer says nothing.
    """
    listed = reply.value if isinstance(reply.value, list) else [reply.value]
    if len(listed) != 1 or not isinstance(listed[0], dict):
        if asked:
            return {}
        raise reply.unreadable("with something else than a JSON object")
    return unwrapped(listed[0])


def _batch_job(child: Mapping[str, Any]) -> BatchJob:
    return BatchJob(
        id=lenient_json.identifier(child, *ID_FIELDS),
        prompt=lenient_json.text(child.get("prompt")),
        image_url=lenient_json.text(child.get("image_url")),
        word=lenient_json.text(child.get("status")),
        credits=lenient_json.number(child.get("credits")),
    )
