"""A video's way to Shopify: fetched into a temporary file, then sent to a place that Shopify names for it.

https://shopify.dev/docs/apps/build/online-store/product-media. Shopify takes no video by its address.
"""

import tempfile
from collections.abc import Mapping, Sequence
from typing import Any, BinaryIO

from connectors.shopify.client import Api
from connectors.shopify.errors import unclear
from connectors.shopify.outputs import MediaFile
from connectors.shopify.queries import STAGE
from relay.errors import RemoteError
from relay.http.client import Download, Http, HttpResponse

_MEGABYTE = 1_048_576
_GONE = (403, 404, 410)
_ENDED = "The video cannot be fetched any more: its link has ended. Generate it again."


def target(api: Api, name: str, mime: str, size: int, now: int) -> dict[str, Any]:
    """A place for a file of exactly this many bytes; it is there for an hour."""
    staged = {
        "resource": "VIDEO",
        "filename": name,
        "mimeType": mime,
        "httpMethod": "POST",
        "fileSize": str(size),
    }
    targets = api.change(STAGE, {"input": [staged]}, now).get("stagedTargets") or []
    if len(targets) != 1 or not targets[0].get("url") or not targets[0].get("resourceUrl"):
        raise unclear(200, "")
    return dict(targets[0])


class Uploads:
    """Uploads videos to one store."""

    def __init__(self, http: Http, api: Api, largest_mb: int) -> None:
        self._http = http
        self._api = api
        self._cap = largest_mb * _MEGABYTE

    def upload(self, media_file: MediaFile, now: int) -> str:
        """The address by which Shopify knows the uploaded video. Repeating it does no harm."""
        with tempfile.TemporaryFile() as file:
            got = self._fetch(media_file.links, file)
            mime = got.type if got.type.startswith("video/") else media_file.mime
            place = target(self._api, media_file.name, mime, got.size, now)
            answer = self._send(place, media_file.name, mime, file, got.size)
            if answer.status == 403:  # the place has ended, or was never right: another one, once
                place = target(self._api, media_file.name, mime, got.size, now)
                answer = self._send(place, media_file.name, mime, file, got.size)
        if not 200 <= answer.status < 300:
            raise _refused(answer, place)
        return str(place["resourceUrl"])

    def _fetch(self, links: Sequence[str], file: BinaryIO) -> Download:
        for link in links:
            file.seek(0)
            file.truncate()
            try:
                got = self._http.download(link, file, cap=self._cap)
            except RemoteError as error:
                # An address of the result that may not be called says nothing about the store.
                whose = "record" if error.whose == "connection" else error.whose
                raise RemoteError(error.message, whose, retry_after=error.retry_after) from None
            if got.status in _GONE:
                continue
            if not 200 <= got.status < 300:
                raise RemoteError(f"The video's link answered {got.status}. The relay retries automatically.")
            if not got.size or got.type.startswith("text/"):
                raise RemoteError("The video's link gave something that is no video.", "record")
            return got
        raise RemoteError(_ENDED, "record")

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
        sentence = f"Shopify's storage answered {answer.status}: it does not take this video."
        return RemoteError(sentence, "record", status=answer.status, answer=excerpt)
    # Nothing hangs on a half-sent video: the next attempt asks for another place.
    sentence = f"Shopify's storage answered {answer.status} to the video. The relay retries automatically."
    return RemoteError(sentence, answer=excerpt)
