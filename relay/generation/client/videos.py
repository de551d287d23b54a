"""Videos: one, or up to twenty in a batch. Both are submitted, then looked at or told of by webhook."""

from relay.generation.client import bodies, endpoints
from relay.generation.client.answers import Batch, Generation
from relay.generation.client.call import Caller
from relay.generation.client.endpoints import calls
from relay.generation.client.reading import Reader


class Videos:
    def __init__(self, caller: Caller, reader: Reader) -> None:
        self._caller = caller
        self._reader = reader

    @calls(endpoints.VIDEOS)
    def generate(self, body: bodies.Video, *, now: int) -> Generation:
        return self._reader.submitted(self._caller.post(endpoints.VIDEOS, body, now=now), "video", "")

    @calls(endpoints.VIDEOS_ALIAS)
    def generate_by_alias(self, body: bodies.Video, *, now: int) -> Generation:
        """The same under the address that n8n and Blotato templates use."""
        return self._reader.submitted(self._caller.post(endpoints.VIDEOS_ALIAS, body, now=now), "video", "")

    @calls(endpoints.VIDEO_STATUS)
    def status(self, generation_id: str, *, now: int) -> Generation:
        reply = self._caller.get(endpoints.VIDEO_STATUS, generation_id, now=now)
        return self._reader.looked(reply, "video", generation_id)

    @calls(endpoints.BATCHES)
    def generate_batch(self, body: bodies.VideoBatch, *, now: int) -> Batch:
        return self._reader.batch(self._caller.post(endpoints.BATCHES, body, now=now))

    @calls(endpoints.BATCH_STATUS)
    def batch_status(self, batch_id: str, *, now: int) -> Batch:
        return self._reader.batch(self._caller.get(endpoints.BATCH_STATUS, batch_id, now=now), batch_id)
