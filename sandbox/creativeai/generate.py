"""What /api/generate/... makes besides voices: composed videos, animated charts and the image utilities.

https://creativeai.run/api-docs, Voice + Video Composition, Chart-to-Video API, Utility Endpoints. Not
documented: their webhooks, their failures, and for the utilities any shape at all. Chosen here: a failure and
a webhook like a video's, the shared status shape for all, and `object` and event by the endpoint's word.
"""

from collections.abc import Collection
from dataclasses import dataclass

from sandbox import validation
from sandbox.creativeai import catalog
from sandbox.creativeai.image import ALPHA
from sandbox.creativeai.jobs import Body, Job, JobRequest, Kind, as_time
from sandbox.errors import invalid

CALLBACKS: dict[str, validation.Rule] = {
    "webhook_url": validation.address,
    "webhook_auto_retry": validation.flag,
}
COMPOSE_RULES: dict[str, validation.Rule] = {
    "video_url": validation.address,
    "audio_url": validation.address,
    "replace_audio": validation.flag,
    **CALLBACKS,
}
CHART_RULES: dict[str, validation.Rule] = {
    "chart_image_url": validation.address,
    "chart_data": validation.mapping,
    "animation_style": validation.one_of("ken_burns", "build_up", "reveal", "morph"),
    "title": validation.text,
    "duration": validation.whole_number(1, 60),  # not documented: the range
    **CALLBACKS,
}
UTILITY_RULES: dict[str, validation.Rule] = {
    "image_url": validation.address,
    "scale": validation.number(1, 4),
    **CALLBACKS,
}


def status(job: Job) -> Body:
    """Of every kind of /api/generate but voices, in upper case as documented."""
    body: Body = {
        "id": job.id,
        "status": job.status.upper(),
        "output_url": job.output_url if job.status == "completed" else None,
        "credits": job.credits,
    }
    if job.status == "failed":
        body["error"] = error(job)
    body["created_at"] = as_time(job.created_at)
    return body | ({"completed_at": as_time(job.completed_at)} if job.done else {})


def webhook(job: Job) -> Body:
    return {
        "id": job.id,
        "object": job.kind.name,
        "status": job.status,
        **outcome(job),
        "completed_at": as_time(job.completed_at),
    }


def outcome(job: Job) -> Body:
    if job.status == "failed":
        return {
            "output_url": None,
            "error": error(job),
            "error_message": error(job)["message"],
            "credits": 0,
            "credits_refunded": job.credits,
        }
    return {"output_url": job.output_url, "error_message": None, "credits": job.credits}


def error(job: Job) -> dict[str, str]:
    what = job.kind.name.replace(".generation", "").replace("_", " ").capitalize()
    return {"message": f"{what} generation failed", "type": "server_error", "code": "generation_failed"}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One of /api/generate/<word>."""

    word: str
    kind: Kind
    id_prefix: str
    rules: dict[str, validation.Rule]
    required: Collection[str]
    suffix: str = ""

    def parse(self, body: object) -> JobRequest:
        request = validation.check(body, self.rules, self.required)
        if self.kind is CHART and not request.keys() & {"chart_image_url", "chart_data"}:
            raise invalid("Give 'chart_image_url' or 'chart_data'.", "chart_image_url")
        return JobRequest(self.kind, self.id_prefix, request, catalog.CREDITS[self.word], suffix=self.suffix)


def _kind(name: str, extension: str, seconds: float) -> Kind:
    return Kind(f"{name}.generation", extension, seconds, waits=1, webhook=webhook, status=status)


COMPOSE = _kind("compose", "mp4", 20)
CHART = _kind("chart", "mp4", 45)
ENDPOINTS = (
    Endpoint("compose", COMPOSE, "comp_", COMPOSE_RULES, ("video_url", "audio_url")),
    Endpoint("chart-to-video", CHART, "chart_", CHART_RULES, ()),
    Endpoint(
        "background-removal",
        _kind("background_removal", "png", 3),
        "bgrem_",
        UTILITY_RULES,
        ("image_url",),
        suffix=ALPHA,
    ),
    Endpoint("upscale", _kind("upscale", "png", 5), "upscale_", UTILITY_RULES, ("image_url",)),
    Endpoint("restore", _kind("restore", "png", 4), "restore_", UTILITY_RULES, ("image_url",)),
)
