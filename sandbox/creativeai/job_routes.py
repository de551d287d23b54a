"""The vendor's asynchronous routes: submits of videos, batches, voices and the rest, and status requests."""

from collections.abc import Iterable

from flask import Blueprint, g, jsonify
from flask.typing import ResponseReturnValue

from sandbox.creativeai import generate, image, video, video_batch, voice
from sandbox.creativeai.jobs import Job, JobRequest, written
from sandbox.creativeai.request_parsing import json_body, respond
from sandbox.creativeai.vendor import Vendor
from sandbox.errors import not_found


def submit_and_status_routes(api: Blueprint, vendor: Vendor) -> None:
    _videos(api, vendor)
    _batches(api, vendor)
    _others(api, vendor)
    _statuses(api, vendor)


def _videos(api: Blueprint, vendor: Vendor) -> None:
    @api.post("/v1/video/generations")
    @api.post("/v1/video/generate")
    @api.post("/api/v1/model/generateVideo")
    def create_video() -> ResponseReturnValue:
        """Not documented: the native endpoint's shapes. It is the same endpoint here."""
        vendor.account.admit_video_create(g.key)
        submit = video.parse(json_body())
        for text in video.texts(dict(submit.request)):
            vendor.moderate(text)
        job = vendor.start(g.key, submit, video=True)
        vendor.run(job)
        return respond(job, video.status(job), 202)


def _batches(api: Blueprint, vendor: Vendor) -> None:
    @api.post("/v1/video/generations/batch")
    def create_batch() -> ResponseReturnValue:
        """Not documented: one prompt that violates the policy. Here it rejects the whole batch."""
        vendor.account.admit_video_create(g.key)
        submit, parts = video_batch.parse(json_body())
        for number, part in enumerate(parts):
            vendor.moderate(part.request["prompt"], f"prompts[{number}].prompt")
        job = vendor.start_batch(g.key, submit, parts)
        vendor.run(job)
        return respond(job, video_batch.submitted(job), 202)

    @api.get("/v1/video/generations/batch/<batch_id>")
    def batch_status(batch_id: str) -> ResponseReturnValue:
        vendor.account.admit_video_poll(g.key)
        return _status(vendor, batch_id, (video_batch.BATCH.name,), "batch_id")


def _others(api: Blueprint, vendor: Vendor) -> None:
    def start(submit: JobRequest, texts: Iterable[tuple[str, str]]) -> ResponseReturnValue:
        for param, text in texts:
            vendor.moderate(text, param)
        job = vendor.start(g.key, submit)
        vendor.run(job)
        return respond(job, job.kind.status(job), 202)

    @api.post("/api/generate/voice")
    def create_voice() -> ResponseReturnValue:
        submit = voice.parse(json_body())
        return start(submit, [("text", submit.request["text"])])

    @api.post("/api/v1/model/generateImage")
    def create_native_image() -> ResponseReturnValue:
        submit = image.parse_native(json_body())
        return start(submit, [("prompt", submit.request["prompt"])])

    for endpoint in generate.ENDPOINTS:

        def create(endpoint: generate.Endpoint = endpoint) -> ResponseReturnValue:
            submit = endpoint.parse(json_body())
            return start(submit, [("title", submit.request.get("title", ""))])

        api.add_url_rule(f"/api/generate/{endpoint.word}", endpoint.word, create, methods=["POST"])


def _statuses(api: Blueprint, vendor: Vendor) -> None:
    @api.get("/v1/video/generations/<generation_id>")
    def video_status(generation_id: str) -> ResponseReturnValue:
        vendor.account.admit_video_poll(g.key)
        return _status(vendor, generation_id, (video.VIDEO.name,))

    @api.get("/api/generate/status/<generation_id>")
    def shared_status(generation_id: str) -> ResponseReturnValue:
        """Not documented: whether a video is found here too. It is, in its own shape."""
        return _status(vendor, generation_id)

    @api.get("/api/v1/model/prediction/<generation_id>")
    def prediction(generation_id: str) -> ResponseReturnValue:
        """Not documented: the shape. It is that of the job's own status."""
        return _status(vendor, generation_id)


def _status(
    vendor: Vendor, job_id: str, kinds: tuple[str, ...] = (), param: str = "generation_id"
) -> ResponseReturnValue:
    """Only a job of these kinds, if any are named; a batch only where it is."""
    g.plan = vendor.faults.next_lookup()
    job: Job = vendor.find(g.key, job_id, param)
    if job.kind.name not in kinds and (kinds or job.parts):
        raise not_found("generation", param)
    return jsonify(written(job.kind.status(job), job.plan))
