"""Video generations: what may be asked for, and the documented bodies.

https://creativeai.run/api-docs, Video Generation. The samples for image-to-video leave out failover_used,
debug and, when completed, created_at; so do the bodies here.
"""

from typing import Any

from sandbox import validation
from sandbox.creativeai import catalog
from sandbox.creativeai.jobs import Body, Job, JobRequest, Kind, as_time

FAILURE = "Video generation timed out after 10 minutes"
REFERENCES: dict[str, validation.Rule] = {
    "character_reference_url": validation.address,
    "character_references": validation.list_of(validation.address, 3),
    "camera_angle": validation.text,
    "style_reference_url": validation.address,
}
RULES: dict[str, validation.Rule] = {
    "prompt": validation.text,
    "model": validation.text,
    "image_url": validation.address,
    "duration": validation.whole_number(3, 15),
    "aspect_ratio": validation.one_of("21:9", "16:9", "4:3", "1:1", "3:4", "9:16"),
    "resolution": validation.one_of("480p", "720p", "1080p"),
    "failover": validation.flag,
    "webhook_url": validation.address,
    "webhook_auto_retry": validation.flag,
    **REFERENCES,
    # Not documented: how many shots at most, and the names of the camera controls of a shot.
    "multi_shot_prompts": validation.list_of(validation.text, 20),
    "ai_director_mode": validation.flag,
    "sound": validation.flag,
    "cfg_scale": validation.number(0, 100),
}


def parse(body: object) -> JobRequest:
    request = validation.check(body, RULES, required=("prompt",))
    first = catalog.provider(request)
    return JobRequest(
        kind=VIDEO,
        id_prefix="vgen_i2v_" if "image_url" in request else "vgen_",
        request=request,
        credits=catalog.video_credits(request, first),
        credits_elsewhere=catalog.video_credits(request, catalog.elsewhere(first)),
    )


def texts(request: Body) -> list[str]:
    """All that moderation reads."""
    return [request["prompt"], *request.get("multi_shot_prompts", ())]


def status(job: Job) -> Body:
    """The answer of the status API, and, while it is processing, that to the submit."""
    if not job.done:
        return _submitted(job)
    return _failed(job) if job.status == "failed" else _completed(job)


def _submitted(job: Job) -> Body:
    body = _head(job)
    if not _from_image(job):
        body["failover_used"] = job.failed_over
    body["output_url"] = None
    if "webhook_url" in job.request:
        body["webhook_url"] = job.request["webhook_url"]
    return body | {"created_at": as_time(job.created_at)}


def _completed(job: Job) -> Body:
    body = _head(job) | {"output_url": job.output_url, "error": None}
    if not _from_image(job):
        body |= {"failover_used": job.failed_over, "debug": _debug(job)}
        body |= {"created_at": as_time(job.created_at)}
    return body | {"completed_at": as_time(job.completed_at)}


def _failed(job: Job) -> Body:
    return _head(job) | {
        "output_url": None,
        "error": _error("generation_failed"),
        "failover_used": job.failed_over,
        "created_at": as_time(job.created_at),
        "completed_at": as_time(job.completed_at),
    }


def webhook(job: Job) -> Body:
    """https://creativeai.run/api-docs, Webhook Payload Examples."""
    body: Body = {
        "id": job.id,
        "object": job.kind.name,
        "status": job.status,
        "model": _model(job),
        "model_actual": model_actual(job),
        "prompt": job.request["prompt"],
    }
    if job.status == "failed":
        body |= {"output_url": None, "error": _error("generation_timeout"), "error_message": FAILURE}
        body |= {"credits": 0, "credits_refunded": job.credits}
    else:
        body |= {"output_url": job.output_url, "error_message": None, "credits": job.credits}
    return body | {"failover_used": job.failed_over, "completed_at": as_time(job.completed_at)}


def model_actual(job: Job) -> str:
    """The key of the provider that has the job now says also which way it goes."""
    first = catalog.provider(job.request)
    return _provider_key(job, catalog.elsewhere(first) if job.failed_over else first)


def _head(job: Job) -> Body:
    body = {
        "id": job.id,
        "object": job.kind.name,
        "model": _model(job),
        "model_actual": model_actual(job),
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


def _provider_key(job: Job, provider: str) -> str:
    return f"{provider}-{'i2v' if _from_image(job) else 't2v'}"


def _error(code: str) -> dict[str, str]:
    """The same failure has one code in the status answer and another in the webhook: so in the samples."""
    return {"message": FAILURE, "type": "server_error", "code": code}


def _debug(job: Job) -> dict[str, Any]:
    """Not documented: the words of a failover's reason."""
    first = _provider_key(job, catalog.provider(job.request))
    at_submit = job.failed_over and job.plan.down == "submit"
    in_render = job.failed_over and job.plan.down == "render"
    return {
        "provider_requested": first,
        "provider_actual": model_actual(job),
        "submission_failover_used": at_submit,
        "submission_failover_reason": "provider_unavailable" if at_submit else None,
        "routing_safe_fallback_applied": True,
        "routing_fallback_reason": "insufficient_margin_over_legacy",
        "routing_preferred_provider": "seedance-t2v",
        "routing_legacy_provider": first,
        "routing_confidence_margin": 5.0,
        "async_capacity_failover_attempted": in_render,
        "async_capacity_failover_reason": "provider_capacity" if in_render else None,
        "prediction_id_original": f"pred_{job.id}" if in_render else None,
        "prediction_id_current": f"pred_{job.id}_2" if in_render else f"pred_{job.id}",
    }


VIDEO = Kind("video.generation", "mp4", seconds=150, waits=0, webhook=webhook, status=status)
