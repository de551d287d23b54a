"""Language models, as OpenAI has them: chat, and plain completion."""

from typing import Any

from relay.creativeai import endpoints, lenient_json, requests
from relay.creativeai.endpoints import calls
from relay.creativeai.models import Text
from relay.creativeai.transport import Caller, Reply


class Texts:
    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    @calls(endpoints.CHAT)
    def chat(self, body: requests.Chat, *, now: int) -> Text:
        return _text(self._caller.post(endpoints.CHAT, body, now=now, makes=True))

    @calls(endpoints.COMPLETIONS)
    def complete(self, body: requests.Completion, *, now: int) -> Text:
        return _text(self._caller.post(endpoints.COMPLETIONS, body, now=now, makes=True))


def _text(reply: Reply) -> Text:
    payload = lenient_json.mapping(reply.value)
    choice = next(iter(lenient_json.objects(payload.get("choices"))), None)
    if choice is None:
        raise reply.unreadable("without any text")
    usage = lenient_json.mapping(payload.get("usage"))
    return Text(
        text=_content(lenient_json.mapping(choice.get("message")).get("content"))
        or _content(choice.get("text")),
        finish_reason=lenient_json.text(choice.get("finish_reason")),
        model=lenient_json.text(payload.get("model")),
        model_actual=lenient_json.text(reply.headers.get("x-model-actual") or payload.get("model_actual")),
        failover_used=lenient_json.flag(reply.headers.get("x-failover-used") or payload.get("failover_used")),
        prompt_tokens=lenient_json.whole(usage.get("prompt_tokens")),
        completion_tokens=lenient_json.whole(usage.get("completion_tokens")),
        credits=lenient_json.number(payload.get("credits")),
        adjusted_credits=lenient_json.number(payload.get("adjusted_credits")),
        limits=reply.limits,
        payload=payload,
    )


def _content(value: Any) -> str:
    """A text, or the texts among OpenAI's list of parts."""
    parts = (lenient_json.text(part.get("text")) for part in lenient_json.objects(value))
    return lenient_json.text(value) or "".join(parts)
