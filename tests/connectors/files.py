"""The bytes that a test hands to a connector, in the place of archive and CDN."""

import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from connectors.base import File
from relay.errors import FileError
from relay.files.fetch import too_large
from relay.models.core import Output
from tests.files import samples


class NoFiles:
    """For a connector that sends links: it has no bytes to take."""

    @contextmanager
    def open(self, output: Output, *, largest: int) -> Iterator[File]:
        raise AssertionError(f"opened {output.url}")
        yield

    def expect(self, output: Output, *, largest: int) -> None:
        raise AssertionError(f"expected {output.url}")


class GivenFiles:
    """An MP4 or a PNG for each output by its type or name, or what is given for its link: bytes, or an error.

    `opened` has the links in order, `open_now` those whose `with` has not ended.
    """

    def __init__(self, given: Mapping[str, bytes | FileError] | None = None) -> None:
        self.given = given or {}
        self.opened: list[str] = []
        self.open_now = 0

    @contextmanager
    def open(self, output: Output, *, largest: int) -> Iterator[File]:
        self.opened.append(output.url)
        is_image = output.type.startswith("image/") or output.url.endswith(".png")
        found = self.given.get(output.url, samples.PNG if is_image else samples.MP4)
        if isinstance(found, FileError):
            raise found
        if len(found) > largest:
            raise too_large(largest)
        self.open_now += 1
        try:
            yield File(io.BytesIO(found), "image/png" if found == samples.PNG else "video/mp4", len(found))
        finally:
            self.open_now -= 1

    def expect(self, output: Output, *, largest: int) -> None:
        """All of them are there."""
