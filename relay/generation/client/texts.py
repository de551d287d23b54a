"""Language models, as OpenAI has them: chat, and plain completion."""

from typing import Any

from relay.generation.client import bodies, endpoints, json_values
from relay.generation.client.answers import Text
from relay.generation.client.call import Caller, Reply
from relay.generation.client.endpoints import calls


class Texts:
    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    @calls(endpoints.CHAT)
    def chat(self, body: bodies.Chat, *, now: int) -> Text:
        return _text(self._caller.post(endpoints.CHAT, body, now=now, makes=True))

    @calls(endpoints.COMPLETIONS)
    def complete(self, body: bodies.Completion, *, now: int) -> Text:
        return _text(self._caller.post(endpoints.COMPLETIONS, body, now=now, makes=True))


def _text(reply: Reply) -> Text:
    payload = json_values.mapping(reply.value)
    choice = next(iter(json_values.objects(payload.get("choices"))), None)
    if choice is None:
        raise reply.unreadable("without any text")
    usage = json_values.mapping(payload.get("usage"))
    return Text(
        text=_content(json_values.mapping(choice.get("message")).get("content"))
        or _content(choice.get("text")),
        finish_reason=json_values.text(choice.get("finish_reason")),
        model=json_values.text(payload.get("model")),
        model_actual=json_values.text(reply.headers.get("x-model-actual") or payload.get("model_actual")),
        failover_used=json_values.flag(reply.headers.get("x-failover-used") or payload.get("failover_used")),
        prompt_tokens=json_values.whole(usage.get("prompt_tokens")),
        completion_tokens=json_values.whole(usage.get("completion_tokens")),
        credits=json_values.number(payload.get("credits")),
        adjusted_credits=json_values.number(payload.get("adjusted_credits")),
        limits=reply.limits,
        payload=payload,
    )


def _content(value: Any) -> str:
    """A text, or the texts among OpenAI's list of parts."""
    parts = (json_values.text(part.get("text")) for part in json_values.objects(value))
    return json_values.text(value) or "".join(parts)
