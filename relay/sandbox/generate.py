"""What /api/generate/... makes besides voices: composed videos, animated charts and the image utilities.

https://creativeai.run/api-docs, Voice + Video Composition, Chart-to-Video API, Utility Endpoints. Not
documented: their webhooks, their failures, and for the utilities any shape at all. Chosen here: a failure and
a webhook like a video's, the shared status shape for all, and `object` and event by the endpoint's word.
"""

from collections.abc import Collection
from dataclasses import dataclass

from relay.sandbox import catalogue, checks
from relay.sandbox.errors import invalid
from relay.sandbox.image import ALPHA
from relay.sandbox.jobs import Body, Job, Kind, Wish, as_time

CALLBACKS: dict[str, checks.Rule] = {"webhook_url": checks.address, "webhook_auto_retry": checks.flag}
COMPOSE_RULES: dict[str, checks.Rule] = {
    "video_url": checks.address,
    "audio_url": checks.address,
    "replace_audio": checks.flag,
    **CALLBACKS,
}
CHART_RULES: dict[str, checks.Rule] = {
    "chart_image_url": checks.address,
    "chart_data": checks.mapping,
    "animation_style": checks.one_of("ken_burns", "build_up", "reveal", "morph"),
    "title": checks.text,
    "duration": checks.whole_number(1, 60),  # not documented: the range
    **CALLBACKS,
}
UTILITY_RULES: dict[str, checks.Rule] = {
    "image_url": checks.address,
    "scale": checks.number(1, 4),
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
    rules: dict[str, checks.Rule]
    required: Collection[str]
    suffix: str = ""

    def wished(self, body: object) -> Wish:
        request = checks.check(body, self.rules, self.required)
        if self.kind is CHART and not request.keys() & {"chart_image_url", "chart_data"}:
            raise invalid("Give 'chart_image_url' or 'chart_data'.", "chart_image_url")
        return Wish(self.kind, self.id_prefix, request, catalogue.CREDITS[self.word], suffix=self.suffix)


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
