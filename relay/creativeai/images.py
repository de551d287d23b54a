"""Images: generated from a text, or edited. Both endpoints answer with the images themselves."""

from relay.creativeai import endpoints, requests
from relay.creativeai.endpoints import calls
from relay.creativeai.models import Generation
from relay.creativeai.multipart import File
from relay.creativeai.parsing import Reader
from relay.creativeai.transport import Caller


class Images:
    """Answers have no ID, so results get the ID `reference`. A lost answer cannot be retrieved."""

    def __init__(self, caller: Caller, reader: Reader) -> None:
        self._caller = caller
        self._reader = reader

    @calls(endpoints.IMAGES)
    def generate(self, body: requests.Image, *, reference: str, now: int) -> Generation:
        reply = self._caller.post(endpoints.IMAGES, body, now=now, makes=True)
        return self._reader.submitted(reply, "image", reference)

    @calls(endpoints.IMAGE_EDITS)
    def edit(
        self, body: requests.ImageEdit, image: File, mask: File | None = None, *, reference: str, now: int
    ) -> Generation:
        """White in the mask, or transparent, is what changes. It has the image's width and height."""
        files = {"image": image} | ({"mask": mask} if mask else {})
        reply = self._caller.post_form(endpoints.IMAGE_EDITS, body, files, now=now)
        return self._reader.submitted(reply, "image", reference)
