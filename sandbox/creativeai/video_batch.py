"""Batches of videos: 1 to 20 prompts in one request, and the documented bodies.

https://creativeai.run/api-docs, Batch Video Generation. Not documented: whether credits, failover and the
parameters of a single video hold for a batch's; here each costs the samples' 30, and what is sent is taken.
"""

from collections import Counter
from typing import Any

from sandbox import validation
from sandbox.creativeai import catalog, video
from sandbox.creativeai.jobs import Body, Job, JobRequest, Kind, as_time
from sandbox.errors import invalid

MOST = 20
RULES = {name: rule for name, rule in video.RULES.items() if name not in ("prompt", "image_url")}
PROMPT_RULES: dict[str, validation.Rule] = {"prompt": validation.text, "image_url": validation.address}


def parse(body: object) -> tuple[JobRequest, list[JobRequest]]:
    """The batch, and its videos."""
    request = validation.check(body, RULES, required=("prompts",))
    prompts = request["prompts"]
    if not isinstance(prompts, list) or not 1 <= len(prompts) <= MOST:
        raise invalid(f"Invalid 'prompts': must be a list of 1 to {MOST} prompt configs.", "prompts")
    shared = {name: value for name, value in request.items() if name != "prompts"}
    parts = [_part(number, prompt, shared) for number, prompt in enumerate(prompts)]
    return JobRequest(BATCH, "video_batch_", request, credits=0), parts


def _part(number: int, prompt: object, shared: dict[str, Any]) -> JobRequest:
    where = f"prompts[{number}]"
    if not isinstance(prompt, dict):
        raise invalid(f"Invalid '{where}': must be a JSON object.", where)
    for name, rule in PROMPT_RULES.items():
        if (name in prompt or name == "prompt") and (complaint := rule(prompt.get(name))):
            raise invalid(f"Invalid '{where}.{name}': {complaint}.", f"{where}.{name}")
    return JobRequest(PART, "vid_", shared | prompt, credits=catalog.BATCH_VIDEO)


def submitted(job: Job) -> Body:
    return {
        "batch_id": job.id,
        "total_jobs": len(job.parts),
        "jobs": [
            {"id": part.id, "prompt": part.request["prompt"], "status": part.status, "credits": part.credits}
            for part in job.parts
        ],
        "credits_charged": sum(part.charged for part in job.parts),
    }


def status(job: Job) -> Body:
    counts = Counter(part.status for part in job.parts)
    return {
        "batch_id": job.id,
        "total_jobs": len(job.parts),
        **{word: counts[word] for word in ("completed", "failed", "pending", "processing")},
        "jobs": [_in_status(part) for part in job.parts],
    }


def webhook(job: Job) -> Body:
    """Not documented: a batch with failed videos. Their error_message and 0 credits are chosen here, and so
    is the event video.batch.failed where all of them fail; else the top status says completed."""
    counts = Counter(part.status for part in job.parts)
    return {
        "batch_id": job.id,
        "object": job.kind.name,
        "status": job.status,
        "total_jobs": len(job.parts),
        "completed": counts["completed"],
        "failed": counts["failed"],
        "jobs": [_in_webhook(part) for part in job.parts],
        "total_credits": sum(part.charged - part.refunded for part in job.parts),
        "completed_at": as_time(job.completed_at),
    }


def _in_status(part: Job) -> Body:
    return {
        "id": part.id,
        "prompt": part.request["prompt"],
        "image_url": part.request.get("image_url"),
        "status": part.status,
        "output_url": part.output_url if part.status == "completed" else None,
        "error_message": video.FAILURE if part.status == "failed" else None,
        "credits": part.credits,
    }


def _in_webhook(part: Job) -> Body:
    body: Body = {
        "id": part.id,
        "prompt": part.request["prompt"],
        "status": part.status,
        "output_url": part.output_url if part.status == "completed" else None,
    }
    if part.status == "failed":
        return body | {"error_message": video.FAILURE, "credits": 0}
    return body | {"credits": part.credits}


BATCH = Kind("video.batch", "mp4", seconds=150, waits=0, webhook=webhook, status=status)
PART = Kind("video.generation", "mp4", seconds=150, waits=2, webhook=video.webhook, status=video.status)
