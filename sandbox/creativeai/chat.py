"""Chat and text completions, OpenAI-compatible: /v1/chat/completions and /v1/completions.

https://creativeai.run/api-docs, Gemini Migration Guide: the response headers x-model-actual and
x-failover-used, and adjusted_credits where a failover's model costs less. Not documented: the bodies (they
are OpenAI's), the credits, and streams, which are rejected here.
"""

from sandbox import validation
from sandbox.creativeai import catalog
from sandbox.creativeai.jobs import Body, Job, JobRequest, Kind
from sandbox.errors import invalid

ELSEWHERE = "claude-haiku"  # the model of the sandbox's failover
CHAT_RULES: dict[str, validation.Rule] = {
    "model": validation.text,
    "messages": validation.list_of(validation.mapping, 1000),
    "stream": validation.flag,
}
TEXT_RULES: dict[str, validation.Rule] = {
    "model": validation.text,
    "prompt": validation.text,
    "stream": validation.flag,
}


def parse_chat(body: object) -> JobRequest:
    request = _checked(body, CHAT_RULES, ("model", "messages"))
    if not request["messages"]:
        raise invalid("Invalid 'messages': must not be empty.", "messages")
    return JobRequest(CHAT, "chatcmpl-", request, catalog.CHAT, credits_elsewhere=catalog.CHAT_ELSEWHERE)


def parse_text(body: object) -> JobRequest:
    request = _checked(body, TEXT_RULES, ("model", "prompt"))
    return JobRequest(TEXT, "cmpl-", request, catalog.CHAT, credits_elsewhere=catalog.CHAT_ELSEWHERE)


def texts(request: Body) -> list[str]:
    """All texts that moderation checks."""
    if "prompt" in request:
        return [request["prompt"]]
    return [str(each.get("content", "")) for each in request["messages"]]


def answer(job: Job) -> Body:
    prompts = texts(dict(job.request))
    words = "You said: " + prompts[-1]
    used = sum(len(each.split()) for each in prompts)
    choice: Body = {"index": 0, "finish_reason": "stop"}
    if job.kind is CHAT:
        choice |= {"message": {"role": "assistant", "content": words}}
    else:
        choice |= {"text": words}
    answered = len(words.split())
    return {
        "id": job.id,
        "object": job.kind.name,
        "created": int(job.created_at),
        "model": job.request["model"],
        "choices": [choice],
        "usage": {"prompt_tokens": used, "completion_tokens": answered, "total_tokens": used + answered},
        **({"adjusted_credits": job.credits} if job.failed_over else {}),
    }


def headers(job: Job) -> dict[str, str]:
    return {
        "x-model-actual": ELSEWHERE if job.failed_over else str(job.request["model"]),
        "x-failover-used": "true" if job.failed_over else "false",
    }


def _checked(body: object, rules: dict[str, validation.Rule], required: tuple[str, ...]) -> Body:
    request = validation.check(body, rules, required)
    if request.get("stream"):
        raise invalid("The sandbox does not stream: leave 'stream' out.", "stream")
    return request


CHAT = Kind("chat.completion", "", seconds=0, waits=0, webhook=answer, status=answer)
TEXT = Kind("text_completion", "", seconds=0, waits=0, webhook=answer, status=answer)
