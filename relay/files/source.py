"""Where files come from, for all of a process: no host is asked that wants to be left alone, no caller hangs.

The archive, which has slots for it, fetches into a draft of its own. A delivery has one of its target's few
slots, so its file is fetched beside it: it gets the file when it is there, and gives its slot to others until
then.
"""

import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import BinaryIO

from relay.errors import FileComingError
from relay.files import fetch as links
from relay.files.fetch import Fetched
from relay.files.host_holds import HostHolds
from relay.http.client import Http

WAIT_SECONDS = 1.0  # that a delivery stays in its slot for its file, while no other file is slow
MOST_AT_A_TIME = 24  # files that are being fetched or wait to be taken
_KEPT_SECONDS = 30.0  # that a file waits to be taken by the delivery that wanted it, which asks before
_SOONEST, _LATEST = 1.0, 10.0  # seconds until a delivery asks again


@dataclass(slots=True)
class _Arrival:
    """A file on its way, or there. Ends with the file, or with what its fetch raised."""

    file: BinaryIO = field(default_factory=tempfile.TemporaryFile)
    began: float = field(default_factory=time.monotonic)
    there_at: float = 0.0
    end: "Future[Fetched]" = field(default_factory=Future)

    @property
    def age(self) -> float:
        return time.monotonic() - self.began


class FileSource:
    """`wait`: seconds that `open` waits before the file counts as slow."""

    def __init__(self, http: Http, *, wait: float = WAIT_SECONDS) -> None:
        self._http, self._wait = http, wait
        self._holds = HostHolds()
        self._arrivals: dict[tuple[str, int], _Arrival] = {}
        self._lock = threading.Lock()

    def fetch(self, url: str, file: BinaryIO, *, largest: int, now: int, name: str = links.VENDOR) -> Fetched:
        """As `relay.files.fetch.fetch`, in the caller's own time."""
        return links.fetch(url, file, self._http, self._holds, largest=largest, now=now, name=name)

    @contextmanager
    def open(self, url: str, *, largest: int, now: int, name: str) -> Iterator[tuple[BinaryIO, Fetched]]:
        """The file, readable within the `with`. Raises FileError, or FileComingError while it is coming."""
        key = (url, largest)
        arrival = self._arrived(key, now, name)
        with self._lock:
            if self._arrivals.pop(key, None) is not arrival:
                raise FileComingError(_SOONEST)  # another delivery was quicker: once more for this one
        with arrival.file:
            yield arrival.file, arrival.end.result()

    def expect(self, url: str, *, largest: int, now: int, name: str) -> None:
        """Raises FileComingError until `open` would end at once: with the file, or with why there is none."""
        self._arrived((url, largest), now, name)

    def _arrived(self, key: tuple[str, int], now: int, name: str) -> _Arrival:
        with self._lock:
            arrival = self._arrivals.get(key) or self._begin(key, now, name)
            patience = 0.0 if self._is_any_slow() else self._wait
        wait((arrival.end,), patience)
        if not arrival.end.done():
            raise FileComingError(min(max(arrival.age, _SOONEST), _LATEST))
        return arrival

    def _begin(self, key: tuple[str, int], now: int, name: str) -> _Arrival:
        self._make_room()
        arrival = self._arrivals[key] = _Arrival()
        threading.Thread(
            target=self._arrive, args=(arrival, *key, now, name), name="file", daemon=True
        ).start()
        return arrival

    def _arrive(self, arrival: _Arrival, url: str, largest: int, now: int, name: str) -> None:
        try:
            fetched = self.fetch(url, arrival.file, largest=largest, now=now, name=name)
        except BaseException as error:  # raised where the file is opened
            arrival.there_at = time.monotonic()
            arrival.end.set_exception(error)
        else:
            arrival.there_at = time.monotonic()
            arrival.end.set_result(fetched)

    def _make_room(self) -> None:
        """Forgets what was not taken for long. Raises FileComingError where that makes no room."""
        for key, arrival in list(self._arrivals.items()):
            if arrival.end.done() and time.monotonic() - arrival.there_at > _KEPT_SECONDS:
                self._arrivals.pop(key).file.close()
        if len(self._arrivals) >= MOST_AT_A_TIME:
            raise FileComingError(_SOONEST)

    def _is_any_slow(self) -> bool:
        return any(each.age > self._wait and not each.end.done() for each in self._arrivals.values())
