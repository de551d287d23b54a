"""Calls that create nothing: the list of models, and the price of a request.

Both answers are undocumented, so they are read leniently; no shape of them is an error.
"""

from collections.abc import Mapping
from typing import Any

from relay.creativeai import endpoints, lenient_json
from relay.creativeai.endpoints import calls
from relay.creativeai.models import Model, Models, Price
from relay.creativeai.transport import Caller

_LISTS = ("data", "models")
_CREDITS = ("adjusted_credits", "total_credits", "credits", "estimated_credits", "credits_required")
_ENVELOPES = ("data", "result", "pricing")


class Account:
    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    @calls(endpoints.MODELS)
    def models(self, *, now: int) -> Models:
        """The live list; it also shows whether the API key works."""
        reply = self._caller.get(endpoints.MODELS, "", now=now)
        payload = lenient_json.mapping(reply.value)
        lists = [reply.value, *(payload.get(name) for name in _LISTS)]
        listed = next((each for each in lists if isinstance(each, list)), [])
        found = ({"id": each} if isinstance(each, str) else lenient_json.mapping(each) for each in listed)
        models = tuple(_model(each) for each in found)
        return Models(tuple(model for model in models if model.id), reply.limits)

    @calls(endpoints.CALCULATE)
    def calculate(self, body: Mapping[str, Any], *, now: int) -> Price:
        """The price of a request, whose body is the same as for its own endpoint."""
        reply = self._caller.post(endpoints.CALCULATE, body, now=now)
        payload = lenient_json.mapping(reply.value)
        places = [payload, *(lenient_json.mapping(payload.get(name)) for name in _ENVELOPES)]
        numbers = (lenient_json.number(place.get(name)) for place in places for name in _CREDITS)
        credits_ = next((number for number in numbers if number is not None and number >= 0), None)
        return Price(credits_, reply.limits, reply.value)


def _model(payload: Mapping[str, Any]) -> Model:
    owner = lenient_json.text(payload.get("owned_by")) or lenient_json.text(payload.get("provider"))
    return Model(lenient_json.identifier(payload, "id", "name", "model"), owner, payload)
