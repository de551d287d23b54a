"""Videos: one, or up to twenty in a batch. Both are submitted, then polled or reported by webhook."""

from relay.creativeai import endpoints, requests
from relay.creativeai.endpoints import calls
from relay.creativeai.models import Batch, Generation
from relay.creativeai.parsing import Reader
from relay.creativeai.transport import Caller


class Videos:
    def __init__(self, caller: Caller, reader: Reader) -> None:
        self._caller = caller
        self._reader = reader

    @calls(endpoints.VIDEOS)
    def generate(self, body: requests.Video, *, now: int) -> Generation:
        return self._reader.submitted(self._caller.post(endpoints.VIDEOS, body, now=now), "video", "")

    @calls(endpoints.VIDEOS_ALIAS)
    def generate_by_alias(self, body: requests.Video, *, now: int) -> Generation:
        """The same at the URL that n8n and Blotato templates use."""
        return self._reader.submitted(self._caller.post(endpoints.VIDEOS_ALIAS, body, now=now), "video", "")

    @calls(endpoints.VIDEO_STATUS)
    def status(self, generation_id: str, *, now: int) -> Generation:
        reply = self._caller.get(endpoints.VIDEO_STATUS, generation_id, now=now)
        return self._reader.polled(reply, "video", generation_id)

    @calls(endpoints.BATCHES)
    def generate_batch(self, body: requests.VideoBatch, *, now: int) -> Batch:
        return self._reader.batch(self._caller.post(endpoints.BATCHES, body, now=now))

    @calls(endpoints.BATCH_STATUS)
    def batch_status(self, batch_id: str, *, now: int) -> Batch:
        return self._reader.batch(self._caller.get(endpoints.BATCH_STATUS, batch_id, now=now), batch_id)
