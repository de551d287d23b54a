"""A request's parts as the operation's models; anything invalid becomes a problem that names it."""

from collections.abc import Mapping
from typing import Any

from flask import Request as FlaskRequest
from pydantic import BaseModel, ValidationError

from relay.errors import MalformedEventError
from relay.generation.create_job import field_faults
from relay.intake import strict_json
from relay.models.job import UploadedFile
from relay.web.api.operation import KEY_HEADER, Operation
from relay.web.api.problem import ProblemError, wrong_fields
from relay.web.uploads import allow_upload

LONGEST_KEY = 200
_FORM = "multipart/form-data"
_NO_NUMBER = "This is no number, or one that is too large to be kept. Send another."


def query_of(request: FlaskRequest, operation: Operation) -> BaseModel | None:
    given = dict(request.args.lists())
    faults = {name: "Give this parameter only once." for name, values in given.items() if len(values) > 1}
    if faults:
        raise wrong_fields(faults)
    if operation.query is None:
        if given:
            raise wrong_fields(dict.fromkeys(given, "Unknown parameter. Remove it."))
        return None
    return _model(operation.query, strict_json.storable({name: values[0] for name, values in given.items()}))


def body_of(request: FlaskRequest, operation: Operation) -> tuple[BaseModel | None, tuple[UploadedFile, ...]]:
    """The body, and the files beside it."""
    if operation.body is None:
        return None, ()
    if operation.uploads and request.mimetype == _FORM:
        allow_upload(request)
        raw, files = _parts(request, operation.uploads)
    else:
        if request.mimetype != "application/json":
            forms = f"application/json or {_FORM}" if operation.uploads else "application/json"
            raise ProblemError(415, f"Send the body as {forms}, and set Content-Type to it.")
        raw, files = request.get_data(cache=False), ()
    try:
        given = strict_json.parse_object(raw)
    except MalformedEventError as error:
        raise ProblemError(400, str(error)) from None
    if faults := dict.fromkeys(strict_json.numbers_beyond_bounds(given), _NO_NUMBER):
        raise wrong_fields(faults)
    return _model(operation.body, given), files


def key_of(request: FlaskRequest, operation: Operation) -> str:
    """An empty key is rejected: a caller who sends one relies on it."""
    key = request.headers.get(KEY_HEADER)
    if not operation.takes_key or key is None:
        return ""
    if not 0 < len(key) <= LONGEST_KEY:
        raise wrong_fields({KEY_HEADER: f"The key must have 1 to {LONGEST_KEY} characters."})
    return key


def _parts(request: FlaskRequest, name: str) -> tuple[bytes, tuple[UploadedFile, ...]]:
    """The part with the JSON, as a field or as a file, and the files."""
    fields = dict(request.form.lists())
    sent = dict(request.files.lists())
    if None in fields or None in sent:
        raise ProblemError(400, "A part of the form has no name.")
    texts = [value.encode() for value in fields.pop(name, ())]
    texts += [file.read() for file in sent.pop(name, ())]
    faults = dict.fromkeys(fields, f"Unknown part. Put its value into the JSON of the part {name}.")
    faults |= {field: "Send one file only." for field, files in sent.items() if len(files) > 1}
    if len(texts) != 1:
        faults[name] = "Send the JSON in exactly one part of this name."
    if faults:
        raise wrong_fields(faults)
    uploads = (
        UploadedFile(field, strict_json.storable(file.filename or ""), file.mimetype, file.read())
        for field, (file,) in sent.items()
    )
    return texts[0], tuple(uploads)


def _model(model: type[BaseModel], given: Mapping[str, Any]) -> BaseModel:
    try:
        return model.model_validate(dict(given))
    except ValidationError as error:
        raise wrong_fields(field_faults(error)) from None
