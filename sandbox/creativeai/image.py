"""Images from a prompt: /v1/images/generations, answered at once, and the native API's, asynchronous.

https://creativeai.run/api-docs, Image Generation Parameters, Response Format, Webhook Payload Examples.
"""

from sandbox import validation
from sandbox.creativeai import catalog
from sandbox.creativeai.jobs import Body, Job, JobRequest, Kind, as_time
from sandbox.creativeai.video import REFERENCES

SIZE = validation.matching(
    r"[1-9]\d{1,4}x[1-9]\d{1,4}", "1024x1024"
)  # one sample's is not in the list of sizes
RULES: dict[str, validation.Rule] = {
    "prompt": validation.text,
    "model": validation.text,
    "size": SIZE,
    "background": validation.one_of("auto", "transparent"),
    "n": validation.whole_number(1, 4),
    "quality": validation.one_of("standard", "hd"),
    "image_url": validation.address,  # not documented here; a page on catalogs has it
    "webhook_url": validation.address,
    **REFERENCES,
}
ALPHA = "-alpha"  # in the name of a file with an alpha channel
FAILURE = "Image generation failed"


def parse(body: object) -> JobRequest:
    request = validation.check(body, RULES, required=("prompt",))
    return JobRequest(IMAGE, "img_", request, catalog.image_credits(request), suffix=_suffix(request))


def parse_native(body: object) -> JobRequest:
    """Not documented: the native API's parameters. Those of the other one are taken, but for `n`."""
    request = validation.check(body, RULES, required=("prompt",))
    return JobRequest(NATIVE_IMAGE, "img_", request, catalog.NATIVE_IMAGE, suffix=_suffix(request))


def answer(job: Job) -> Body:
    """The answer to a synchronous request: of an edit too."""
    base, dot, extension = job.output_url.rpartition(".")
    count = int(job.request.get("n", 1))
    names = [job.output_url, *(f"{base}-{number}{dot}{extension}" for number in range(2, count + 1))]
    return {
        "created": int(job.created_at),
        "data": [{"url": name, "revised_prompt": _revised(job)} for name in names],
    }


def webhook(job: Job) -> Body:
    """Of the native API alone. Not documented: that of a failed image; it is like a failed video's."""
    body: Body = {
        "id": job.id,
        "object": job.kind.name,
        "status": job.status,
        "model": _model(job),
        "prompt": job.request["prompt"],
    }
    if job.status == "failed":
        body |= {"output_url": None, "error": _error(), "error_message": FAILURE}
        body |= {"credits": 0, "credits_refunded": job.credits}
    else:
        width, height = str(job.request.get("size", "1024x1024")).split("x")
        body |= {"output_url": job.output_url, "revised_prompt": _revised(job)}
        body |= {"width": int(width), "height": int(height), "credits": job.credits}
    return body | {"completed_at": as_time(job.completed_at)}


def status(job: Job) -> Body:
    """Not documented: the native API's answers. They are the webhook's, with the times of other jobs."""
    if job.done:
        body = webhook(job)
        completed_at = body.pop("completed_at")
        return body | {"created_at": as_time(job.created_at), "completed_at": completed_at}
    return {
        "id": job.id,
        "object": job.kind.name,
        "status": job.status,
        "model": _model(job),
        "prompt": job.request["prompt"],
        "output_url": None,
        "credits": job.credits,
        "created_at": as_time(job.created_at),
    }


def _suffix(request: Body) -> str:
    return ALPHA if request.get("background") == "transparent" else ""


def _model(job: Job) -> str:
    return str(job.request.get("model", "seedream-3.0"))


def _revised(job: Job) -> str:
    return f"{job.request['prompt']}, professional lighting"


def _error() -> dict[str, str]:
    return {"message": FAILURE, "type": "server_error", "code": "generation_failed"}


IMAGE = Kind("image.generation", "png", seconds=0, waits=0, webhook=webhook, status=answer)
NATIVE_IMAGE = Kind("image.generation", "png", seconds=12, waits=1, webhook=webhook, status=status)
