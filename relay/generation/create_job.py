"""Input for a kind of job, validated, as a new job for the queue."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from relay.creativeai import File
from relay.errors import RelayError
from relay.generation.kinds import JobInput, Kind, estimate, kind
from relay.models.job import NewJob, RateBucket, Source, UploadedFile

Model = TypeVar("Model", bound=BaseModel)
MOST_CONTEXT, LONGEST_NAME, LONGEST_VALUE = 50, 64, 2000


class InputError(RelayError):
    """Invalid input. `faults`: field -> a message for the user; "" for a fault of no single field."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        super().__init__(" ".join(f"{name}: {said}" if name else said for name, said in faults.items()))
        self.faults = dict(faults)


def new_job(
    kind_name: str,
    given: Mapping[str, Any],
    *,
    source: Source,
    context: Mapping[str, str] | None = None,
    files: Sequence[UploadedFile] = (),
    idempotency_key: str = "",
    batch_id: str = "",
) -> NewJob:
    """Raises InputError, with every fault at once."""
    chosen = known_kind(kind_name)
    sent = {file.name: File(file.filename, file.type, file.content) for file in files}
    faults = chosen.faults(sent) | context_faults(context or {})
    job_input, wrong = read_input(chosen, given)
    if job_input is None or faults:
        raise InputError(wrong | faults)
    expected_results = chosen.expected_results(job_input)
    return NewJob(
        kind=chosen.name,
        input=job_input.body(),
        context=dict(context or {}),
        source=source,
        output_kind=chosen.output_kind,
        rate_bucket=chosen.rate_bucket,
        videos=expected_results if chosen.rate_bucket is RateBucket.VIDEO else 0,
        expected_results=expected_results,
        estimate=estimate(chosen, job_input).credits,
        batch_id=batch_id,
        files=tuple(files),
        idempotency_key=idempotency_key,
        digest=digest_of(chosen.name, job_input.body(), context or {}, files) if idempotency_key else "",
    )


def known_kind(name: str) -> Kind:
    """Raises InputError."""
    try:
        return kind(name)
    except KeyError:
        raise InputError({"kind": "There is no such kind of job."}) from None


def read_input(chosen: Kind, given: Mapping[str, Any]) -> tuple[JobInput | None, dict[str, str]]:
    return read_model(chosen.input, given)


def read_model(model: type[Model], given: Mapping[str, Any]) -> tuple[Model | None, dict[str, str]]:
    """The values, or None and what is wrong with them, by field; of several faults of one field the first."""
    try:
        return model.model_validate(dict(given)), {}
    except ValidationError as error:
        return None, field_faults(error)


def field_faults(error: ValidationError) -> dict[str, str]:
    """A sentence by field, of several faults of one the first; dots lead to what lies within a field."""
    faults: dict[str, str] = {}
    for detail in error.errors(include_input=False, include_url=False):
        name = ".".join(str(part) for part in detail["loc"])
        faults.setdefault(name, _SAID.get(detail["type"]) or _sentence(detail["msg"]))
    return faults


def context_faults(context: Mapping[str, str]) -> dict[str, str]:
    """Faults of a context: too many entries, or names or values that are too long."""
    if len(context) > MOST_CONTEXT:
        return {"context": f"At most {MOST_CONTEXT} entries."}
    for name, value in context.items():
        if not 0 < len(name) <= LONGEST_NAME:
            return {"context": f"Names have 1 to {LONGEST_NAME} characters."}
        if len(value) > LONGEST_VALUE:
            return {"context": f"{name} is longer than {LONGEST_VALUE} characters."}
    return {}


def digest_of(
    name: str, body: Mapping[str, Any], context: Mapping[str, str], files: Sequence[UploadedFile]
) -> str:
    """Equal for equal requests: shows whether an idempotency key was reused for another one."""
    parts = [name, body, context, [(f.name, f.type, hashlib.sha256(f.content).hexdigest()) for f in files]]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


_SAID = {"extra_forbidden": "There is no such field here.", "missing": "Enter a value."}


def _sentence(message: str) -> str:
    text = message.removeprefix("Value error, ").strip()
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith('.') else '.'}"
