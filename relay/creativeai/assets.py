"""Voice, composition, charts and the utilities: submitted one by one, polled at one shared address."""

from collections.abc import Mapping
from typing import Any

from relay.creativeai import endpoints, requests
from relay.creativeai.endpoints import Endpoint, calls
from relay.creativeai.models import Generation
from relay.creativeai.parsing import Reader
from relay.creativeai.transport import Caller


class Assets:
    """`reference` is the ID of a result that is in the answer itself, without one: the utilities take
    seconds, and their answers are undocumented."""

    def __init__(self, caller: Caller, reader: Reader) -> None:
        self._caller = caller
        self._reader = reader

    @calls(endpoints.VOICE)
    def speak(self, body: requests.Voice, *, reference: str, now: int) -> Generation:
        return self.submit(endpoints.VOICE, body, "voice", reference, now)

    @calls(endpoints.COMPOSE)
    def compose(self, body: requests.Compose, *, reference: str, now: int) -> Generation:
        return self.submit(endpoints.COMPOSE, body, "compose", reference, now)

    @calls(endpoints.CHART_TO_VIDEO)
    def animate_chart(self, body: requests.ChartToVideo, *, reference: str, now: int) -> Generation:
        return self.submit(endpoints.CHART_TO_VIDEO, body, "chart", reference, now)

    @calls(endpoints.BACKGROUND_REMOVAL)
    def remove_background(self, body: requests.Utility, *, reference: str, now: int) -> Generation:
        return self.submit(endpoints.BACKGROUND_REMOVAL, body, "image", reference, now)

    @calls(endpoints.UPSCALE)
    def upscale(self, body: requests.Upscale, *, reference: str, now: int) -> Generation:
        return self.submit(endpoints.UPSCALE, body, "image", reference, now)

    @calls(endpoints.RESTORE)
    def restore(self, body: requests.Utility, *, reference: str, now: int) -> Generation:
        return self.submit(endpoints.RESTORE, body, "image", reference, now)

    @calls(endpoints.STATUS)
    def status(self, generation_id: str, kind: str, *, now: int) -> Generation:
        """`kind` (voice, compose, chart, image) is what was requested; the answer does not always say."""
        reply = self._caller.get(endpoints.STATUS, generation_id, now=now)
        return self._reader.polled(reply, kind, generation_id)

    def submit(
        self, endpoint: Endpoint, body: Mapping[str, Any], kind: str, reference: str, now: int
    ) -> Generation:
        """For an endpoint of the same shape that has no method of its own yet."""
        return self._reader.submitted(self._caller.post(endpoint, body, now=now), kind, reference)
