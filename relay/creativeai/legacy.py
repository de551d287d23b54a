"""The vendor's older API, which its own pages call legacy: images and videos as jobs with a prediction.

Its bodies and answers are undocumented: the fields of the newer API are sent, the answers read leniently.
"""

from relay.creativeai import endpoints, requests
from relay.creativeai.endpoints import calls
from relay.creativeai.models import Generation
from relay.creativeai.parsing import Reader
from relay.creativeai.transport import Caller


class NativeImage(requests.Image, total=False):
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
    def generate_video(self, body: requests.Video, *, reference: str, now: int) -> Generation:
        reply = self._caller.post(endpoints.NATIVE_VIDEO, body, now=now)
        return self._reader.submitted(reply, "video", reference)

    @calls(endpoints.NATIVE_STATUS)
    def prediction(self, prediction_id: str, kind: str, *, now: int) -> Generation:
        """`kind` is image or video."""
        reply = self._caller.get(endpoints.NATIVE_STATUS, prediction_id, now=now)
        return self._reader.polled(reply, kind, prediction_id)
