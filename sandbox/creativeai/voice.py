"""Voices: what may be asked for, and the documented bodies.

https://creativeai.run/api-docs, Voice Generation. The status answer nests the parameters and writes its
status in upper case, the webhook does neither; its sample costs 1 credit where 8 are charged. So here.
"""

from sandbox import validation
from sandbox.creativeai import catalog
from sandbox.creativeai.generate import CALLBACKS, error, outcome
from sandbox.creativeai.jobs import Body, Job, JobRequest, Kind, as_time

LONGEST = 5000
CREDITS_IN_WEBHOOK = 1
CHARACTERS_PER_SECOND = 14.0
RULES: dict[str, validation.Rule] = {
    "text": validation.text_of(LONGEST),
    "voice": validation.one_of("alloy", "echo", "fable", "onyx", "nova", "shimmer"),
    "language": validation.one_of("en", "zh", "ja", "ko", "es", "fr", "de", "pt", "ru", "ar"),
    "speed": validation.number(0.5, 2.0),
    **CALLBACKS,
}


def parse(body: object) -> JobRequest:
    request = validation.check(body, RULES, required=("text",))
    return JobRequest(VOICE, "voice_", request, catalog.CREDITS["voice"])


def status(job: Job) -> Body:
    """Not documented: what the answer to a submit has besides id and status, and a failed one's `error`."""
    body: Body = {
        "id": job.id,
        "type": "VOICE",
        "model": "creative-voice",
        "status": job.status.upper(),
        "output_url": job.output_url if job.status == "completed" else None,
        "credits": job.credits,
        "parameters": _parameters(job) | {"speed": _speed(job)},
    }
    if job.status == "failed":
        body["error"] = error(job)
    body["created_at"] = as_time(job.created_at)
    return body | ({"completed_at": as_time(job.completed_at)} if job.done else {})


def webhook(job: Job) -> Body:
    body: Body = {
        "id": job.id,
        "object": job.kind.name,
        "status": job.status,
        "text": job.request["text"],
        **_parameters(job),
    }
    if job.status == "failed":
        body |= outcome(job)
    else:
        seconds = round(len(job.request["text"]) / CHARACTERS_PER_SECOND / _speed(job), 1)
        body |= {"output_url": job.output_url, "duration_seconds": seconds, "credits": CREDITS_IN_WEBHOOK}
    return body | {"completed_at": as_time(job.completed_at)}


def _parameters(job: Job) -> Body:
    return {"voice": job.request.get("voice", "alloy"), "language": job.request.get("language", "en")}


def _speed(job: Job) -> float:
    return float(job.request.get("speed", 1.0))


VOICE = Kind("voice.generation", "mp3", seconds=12, waits=1, webhook=webhook, status=status)
