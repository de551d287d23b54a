"""The bytes of a result's outputs for connectors: our copy, else each link, and one failure for all ways."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import BinaryIO

from connectors.base import File, Files
from relay.errors import FileError
from relay.files.fetch import VENDOR, too_large
from relay.files.source import FileSource
from relay.models.archive import Copy
from relay.models.core import Output, Result

ReadCopy = Callable[[Copy], AbstractContextManager[BinaryIO]]
"""Opens an archived copy where it is stored, never by its link. Raises FileError."""
FilesOf = Callable[[Result, Sequence[Copy], int], Files]
"""(result as its connector sees it, its archived copies, now in ms) -> the bytes of its outputs."""


class OutputFiles:
    """Of one result, for one attempt. `public_url` is our own address, which is never called."""

    def __init__(
        self,
        result: Result,
        copies: Sequence[Copy],
        now: int,
        *,
        read_copy: ReadCopy,
        source: FileSource,
        public_url: str,
    ) -> None:
        self._outputs, self._copies = result.outputs, {copy.number: copy for copy in copies}
        self._now = now
        self._read_copy, self._source, self._public_url = read_copy, source, public_url

    @contextmanager
    def open(self, output: Output, *, largest: int) -> Iterator[File]:
        with ExitStack() as opened:
            yield self._first(opened, output, largest)

    def expect(self, output: Output, *, largest: int) -> None:
        if self._outputs.index(output) + 1 not in self._copies:
            self._source.expect(output.url, largest=largest, now=self._now, name=VENDOR)

    def _first(self, opened: ExitStack, output: Output, largest: int) -> File:
        """The first way that leads to the file."""
        failures = []
        for way in self._ways(output, largest):
            try:
                return opened.enter_context(way)
            except FileError as error:
                if error.too_large:
                    raise
                failures.append(error)
        raise _one_of(failures)

    def _ways(self, output: Output, largest: int) -> Iterator[AbstractContextManager[File]]:
        copy = self._copies.get(self._outputs.index(output) + 1)
        if copy:
            yield self._copy(copy, largest)
        if output.archived_url and not self._is_ours(output.archived_url):
            yield self._link(output.archived_url, "The link of the archived copy", largest)
        yield self._link(output.url, VENDOR, largest)

    def _is_ours(self, url: str) -> bool:
        return bool(self._public_url) and url.startswith(f"{self._public_url}/")

    @contextmanager
    def _copy(self, copy: Copy, largest: int) -> Iterator[File]:
        size = copy.size or 0
        if size > largest:
            raise too_large(largest)
        with self._read_copy(copy) as stream:
            there = stream.seek(0, os.SEEK_END)
            if there != size:
                raise FileError(
                    f"The archived copy is damaged: it has {there:,} of {size:,} bytes.",
                    "record",
                    advice="Put the whole file back, then resend the delivery.",
                )
            stream.seek(0)
            yield File(stream, copy.type, size)

    @contextmanager
    def _link(self, url: str, name: str, largest: int) -> Iterator[File]:
        with self._source.open(url, largest=largest, now=self._now, name=name) as (file, fetched):
            yield File(file, fetched.type, fetched.size)


def _one_of(failures: Sequence[FileError]) -> FileError:
    """What failed on every way; it may pass when one of them may, and not before the last Retry-After."""
    passing = [error for error in failures if error.whose == "transient"]
    return FileError(
        " ".join(error.reason for error in failures),
        "transient" if passing else "record",
        advice=(passing or failures)[-1].advice,
        retry_after=max((error.retry_after for error in passing if error.retry_after), default=None),
    )
