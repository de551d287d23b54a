"""Video generations: what may be asked for, and the documented bodies.

https://creativeai.run/api-docs, Video Generation. The samples for image-to-video leave out failover_used,
debug and, when completed, created_at; so do the bodies here.
"""

from typing import Any

from relay.sandbox import checks
from relay.sandbox.jobs import Job, Kind, as_time

TEXT_TO_VIDEO_CREDITS = 60
IMAGE_TO_VIDEO_CREDITS = 30
FAILURE = "Video generation timed out after 10 minutes"

RULES: dict[str, checks.Rule] = {
    "prompt": checks.text,
    "model": checks.text,
    "image_url": checks.address,
    "duration": checks.whole_number(3, 15),
    "aspect_ratio": checks.one_of("21:9", "16:9", "4:3", "1:1", "3:4", "9:16"),
    "resolution": checks.one_of("480p", "720p", "1080p"),
    "failover": checks.flag,
    "webhook_url": checks.address,
    "webhook_auto_retry": checks.flag,
    "character_reference_url": checks.address,
    "character_references": checks.list_of(checks.address, 3),
    "camera_angle": checks.text,
    "style_reference_url": checks.address,
    "multi_shot_prompts": checks.list_of(checks.text, 20),
    "ai_director_mode": checks.flag,
    "sound": checks.flag,
}


def checked(body: object) -> dict[str, Any]:
    return checks.check(body, RULES, required=("prompt",))


def credits_for(request: dict[str, Any]) -> int:
    return IMAGE_TO_VIDEO_CREDITS if "image_url" in request else TEXT_TO_VIDEO_CREDITS


def id_prefix(request: dict[str, Any]) -> str:
    return "vgen_i2v_" if "image_url" in request else "vgen_"


def submitted(job: Job) -> dict[str, Any]:
    """The answer to a submit, and to a look at a job that is not done."""
    body = _head(job)
    if not _from_image(job):
        body["failover_used"] = False
    body["output_url"] = None
    if "webhook_url" in job.request:
        body["webhook_url"] = job.request["webhook_url"]
    return body | {"created_at": as_time(job.created_at)}


def status(job: Job) -> dict[str, Any]:
    """The answer of the status API."""
    if job.status == "processing":
        return submitted(job)
    return _failed(job) if job.status == "failed" else _completed(job)


def _completed(job: Job) -> dict[str, Any]:
    body = _head(job) | {"output_url": job.output_url, "error": None}
    if not _from_image(job):
        body |= {"failover_used": False, "debug": _debug(job), "created_at": as_time(job.created_at)}
    return body | {"completed_at": as_time(job.completed_at)}


def _failed(job: Job) -> dict[str, Any]:
    return _head(job) | {
        "output_url": None,
        "error": _error("generation_failed"),
        "failover_used": False,
        "created_at": as_time(job.created_at),
        "completed_at": as_time(job.completed_at),
    }


def webhook(job: Job) -> dict[str, Any]:
    """https://creativeai.run/api-docs, Webhook Payload Examples."""
    body: dict[str, Any] = {
        "id": job.id,
        "object": job.kind.name,
        "status": job.status,
        "model": _model(job),
        "model_actual": _model_actual(job),
        "prompt": job.request["prompt"],
    }
    if job.status == "failed":
        body |= {"output_url": None, "error": _error("generation_timeout"), "error_message": FAILURE}
        body |= {"credits": 0, "credits_refunded": job.credits}
    else:
        body |= {"output_url": job.output_url, "error_message": None, "credits": job.credits}
    return body | {"failover_used": False, "completed_at": as_time(job.completed_at)}


def _head(job: Job) -> dict[str, Any]:
    body = {
        "id": job.id,
        "object": job.kind.name,
        "model": _model(job),
        "model_actual": _model_actual(job),
        "status": job.status,
        "prompt": job.request["prompt"],
    }
    if _from_image(job):
        body["image_url"] = job.request["image_url"]
    return body | {"credits": job.credits}


def _from_image(job: Job) -> bool:
    return "image_url" in job.request


def _model(job: Job) -> str:
    return str(job.request.get("model", "auto"))


def _model_actual(job: Job) -> str:
    """`auto` is Kling O3 Pro; a provider key says also which way it goes."""
    model = _model(job)
    return f"{'kling-o3-pro' if model == 'auto' else model}-{'i2v' if _from_image(job) else 't2v'}"


def _error(code: str) -> dict[str, str]:
    """The same failure has one code in the status answer and another in the webhook: so in the samples."""
    return {"message": FAILURE, "type": "server_error", "code": code}


def _debug(job: Job) -> dict[str, Any]:
    provider = _model_actual(job)
    return {
        "provider_requested": provider,
        "provider_actual": provider,
        "submission_failover_used": False,
        "submission_failover_reason": None,
        "routing_safe_fallback_applied": True,
        "routing_fallback_reason": "insufficient_margin_over_legacy",
        "routing_preferred_provider": "seedance-t2v",
        "routing_legacy_provider": provider,
        "routing_confidence_margin": 5.0,
        "async_capacity_failover_attempted": False,
        "async_capacity_failover_reason": None,
        "prediction_id_original": None,
        "prediction_id_current": f"pred_{job.id}",
    }


VIDEO = Kind(name="video.generation", extension="mp4", webhook=webhook)
