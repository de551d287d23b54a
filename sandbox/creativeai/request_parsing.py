"""What the vendor's routes share: reading a JSON body, and responding to a submit as the job's plan says."""

from flask import g, jsonify, request
from flask.typing import ResponseReturnValue

from sandbox.creativeai.jobs import Body, Job, written
from sandbox.errors import invalid


def json_body() -> object:
    """The body, whatever its Content-Type says: only the documented parameters are checked."""
    body = request.get_json(force=True, silent=True)
    if body is None:
        raise invalid("The request body is not valid JSON.")
    return body


def respond(job: Job, body: Body, status: int, headers: dict[str, str] | None = None) -> ResponseReturnValue:
    """The response to the request that created this job."""
    g.plan = job.plan
    return jsonify(written(body, job.plan)), status, headers or {}
