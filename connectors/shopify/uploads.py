"""A file's way to Shopify: its bytes are sent to a place that Shopify names for it.

https://shopify.dev/docs/apps/build/online-store/product-media. Shopify takes no video by its address, and an
image only by one that it can reach itself.
"""

from collections.abc import Mapping, Sequence
from typing import Any, BinaryIO

from connectors.base import Files
from connectors.shopify.client import Api
from connectors.shopify.errors import unclear
from connectors.shopify.outputs import MediaFile, OtherKindError, kind_of
from connectors.shopify.queries import STAGE
from relay.errors import FileError, RemoteError
from relay.http.client import Http, HttpResponse

_MEGABYTE = 1_048_576
LARGEST = 1024 * _MEGABYTE  # bytes that Shopify takes
_LARGEST_IMAGE = 20 * _MEGABYTE


def target(api: Api, name: str, mime: str, size: int, now: int) -> dict[str, Any]:
    """A place for a file of exactly this many bytes; it is there for an hour."""
    kind = kind_of(mime)
    staged = {"resource": kind, "filename": name, "mimeType": mime, "httpMethod": "POST"}
    if kind == "VIDEO":
        staged["fileSize"] = str(size)
    targets = api.change(STAGE, {"input": [staged]}, now).get("stagedTargets") or []
    if len(targets) != 1 or not targets[0].get("url") or not targets[0].get("resourceUrl"):
        raise unclear(200, "")
    return dict(targets[0])


class Uploads:
    """Uploads videos and images to one store."""

    def __init__(self, http: Http, api: Api, largest_mb: int) -> None:
        self._http = http
        self._api = api
        self._largest = {"VIDEO": largest_mb * _MEGABYTE, "IMAGE": _LARGEST_IMAGE}

    def expect_next(self, missing: Sequence[MediaFile], files: Files) -> None:
        """Raises FileComingError until the next file is there, or cannot be had.

        The next alone: deliveries that kept some files while they wait for others could wait for ever.
        """
        for media_file in missing[:1]:
            files.expect(media_file.output, largest=self._largest[media_file.kind])

    def upload(self, media_file: MediaFile, files: Files, now: int) -> str:
        """The address by which Shopify knows the uploaded file. Repeating it does no harm.

        Raises OtherKindError when the file is not of the kind that was announced.
        """
        try:
            with files.open(media_file.output, largest=self._largest[media_file.kind]) as file:
                if kind_of(file.type) != media_file.kind:
                    raise OtherKindError(media_file.number, file.type)
                place = target(self._api, media_file.name, file.type, file.size, now)
                answer = self._send(place, media_file.name, file.type, file.stream, file.size)
                if answer.status == 403:  # the place has ended, or was never right: another one, once
                    place = target(self._api, media_file.name, file.type, file.size, now)
                    answer = self._send(place, media_file.name, file.type, file.stream, file.size)
        except FileError as error:
            raise self._too_large(media_file.kind) if error.too_large else error from error
        if not 200 <= answer.status < 300:
            raise _refused(answer, place)
        return str(place["resourceUrl"])

    def _too_large(self, kind: str) -> RemoteError:
        most = self._largest[kind] // _MEGABYTE
        if kind == "IMAGE":
            words = f"The image is larger than the {most} MB that Shopify takes. Create a smaller one."
        else:
            words = (
                f"The video is larger than the {most} MB that this connection takes. Raise its option "
                "Largest video in MB (Shopify takes 1024) and resend the delivery, or create a shorter video."
            )
        return RemoteError(words, "record")

    def _send(
        self, place: Mapping[str, Any], name: str, mime: str, file: BinaryIO, size: int
    ) -> HttpResponse:
        file.seek(0)
        fields = [(str(each["name"]), str(each["value"])) for each in place["parameters"]]
        return self._http.upload(place["url"], fields, file, filename=name, content_type=mime, size=size)


def _refused(answer: HttpResponse, place: Mapping[str, Any]) -> RemoteError:
    excerpt = answer.excerpt(
        str(each["value"]) for each in place["parameters"] if len(str(each["value"])) > 20
    )
    if 400 <= answer.status < 500 and answer.status not in (403, 408, 429):
        sentence = f"Shopify's storage answered {answer.status}: it does not take this file."
        return RemoteError(sentence, "record", status=answer.status, answer=excerpt)
    # Nothing hangs on a half-sent file: the next attempt asks for another place.
    sentence = f"Shopify's storage answered {answer.status} to the file. The relay retries automatically."
    return RemoteError(sentence, answer=excerpt)
