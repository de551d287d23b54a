"""The vendor's older API, which its own pages call legacy: images and videos as jobs with a prediction.

Its bodies and answers are undocumented: the fields of the newer API are sent, the answers read leniently.
"""

from relay.generation.client import bodies, endpoints
from relay.generation.client.answers import Generation
from relay.generation.client.call import Caller
from relay.generation.client.endpoints import calls
from relay.generation.client.reading import Reader


class NativeImage(bodies.Image, total=False):
    webhook_url: str


class Native:
    def __init__(self, caller: Caller, reader: Reader) -> None:
        self._caller = caller
        self._reader = reader

    @calls(endpoints.NATIVE_IMAGE)
    def generate_image(self, body: NativeImage, *, reference: str, now: int) -> Generation:
        reply = self._caller.post(endpoints.NATIVE_IMAGE, body, now=now)
        return self._reader.submitted(reply, "image", reference)

    @calls(endpoints.NATIVE_VIDEO)
    def generate_video(self, body: bodies.Video, *, reference: str, now: int) -> Generation:
        reply = self._caller.post(endpoints.NATIVE_VIDEO, body, now=now)
        return self._reader.submitted(reply, "video", reference)

    @calls(endpoints.NATIVE_STATUS)
    def prediction(self, prediction_id: str, kind: str, *, now: int) -> Generation:
        """`kind` is image or video."""
        reply = self._caller.get(endpoints.NATIVE_STATUS, prediction_id, now=now)
        return self._reader.looked(reply, kind, prediction_id)
