"""The loop that archives what is owed: claim, fetch, settle; a few at a time, woken at the commit."""

import contextlib
import logging
import random
import threading
import time
from collections import deque
from collections.abc import Callable

from relay.archive.download import fetch
from relay.archive.storage import GivenUpError, Storage
from relay.errors import RemoteError, StoreBusyError
from relay.http.client import Http
from relay.models.archive import ClaimedCopy, CopySettlement, CopyStatus
from relay.retry import LADDER, next_try, tolerate_busy_store
from relay.store.contract.core import ArchiveStore

log = logging.getLogger(__name__)

LEASE_MS = 10_000
LOOK_SECONDS = 1.0  # the longest sleep: what a lost signal costs
GRACE_SECONDS = 15.0  # what is in hand when told to stop gets this long
SLOTS = 3  # files at a time: they are large, and the deliveries need the line too


class ArchiveWorker:
    """One per process. `run` returns after `stop`, with nothing claimed left unsettled or unreleased.

    What is being fetched when the time is up is given back; its thread ends with the process.
    """

    def __init__(
        self,
        store: ArchiveStore,
        http: Http,
        storage: Storage,
        clock: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
        *,
        lease_ms: int = LEASE_MS,
    ) -> None:
        self._store, self._http, self._storage = store, http, storage
        self._clock = clock
        self._lease_ms = lease_ms
        self._waiter = store.listen()
        self._stopping = False
        self._in_hand: set[tuple[str, int, int]] = set()
        self._ended: deque[CopySettlement] = deque()
        self._unsettled: list[CopySettlement] = []
        self._renew_at = 0

    def stop(self) -> None:
        """Safe in a signal handler and from any thread."""
        self._stopping = True
        self._waiter.wake()

    def run(self) -> None:
        with contextlib.suppress(OSError):
            self._storage.sweep(self._clock())
        while not self._stopping:
            try:
                seconds = self._turn()
            except Exception:  # the deliveries beside us go on, and so do we
                log.exception("archive round broke")
                seconds = LOOK_SECONDS
            self._waiter.wait(seconds)
        self._finish()

    def _turn(self) -> float:
        """One round; the seconds to rest after it."""
        with tolerate_busy_store():
            self._settle()
            self._renew()
            return self._claim()
        return LOOK_SECONDS

    def _claim(self) -> float:
        now, free = self._clock(), SLOTS - len(self._in_hand)
        if free < 1:
            return LOOK_SECONDS
        claimed, look_at = self._store.claim_copies(now=now, lease_until=now + self._lease_ms, limit=free)
        for each in claimed:
            self._in_hand.add(each.lease)
            threading.Thread(target=self._work, args=(each,), name="archive file", daemon=True).start()
        if look_at is None or len(claimed) == free:
            return LOOK_SECONDS
        return min(LOOK_SECONDS, max(0, look_at - now) / 1000)

    def _work(self, claimed: ClaimedCopy) -> None:
        self._ended.append(self._archived(claimed))
        self._waiter.wake()

    def _archived(self, claimed: ClaimedCopy) -> CopySettlement:
        """Never raises: whatever happened stands in the settlement."""
        try:
            _stop_what_kills(claimed)
            used = self._store.storage_size(self._storage.name)
            kept = fetch(claimed, self._http, self._storage, used=used, now=self._clock())
        except GivenUpError as error:
            return self._failed(claimed, str(error))
        except RemoteError as error:
            return self._again(claimed, error.message, error.retry_after)
        except StoreBusyError as error:
            return self._again(claimed, str(error))
        except Exception as error:
            log.exception(
                "archiving broke", extra={"generation": claimed.generation_id, "number": claimed.number}
            )
            return self._again(
                claimed, f"The relay failed by itself ({type(error).__name__}); the log has the details."
            )
        return CopySettlement(
            result_id=claimed.result_id,
            number=claimed.number,
            token=claimed.token,
            status=CopyStatus.ARCHIVED,
            storage=self._storage.name,
            key=kept.key,
            type=kept.type,
            size=kept.size,
            sha256=kept.sha256,
        )

    def _failed(self, claimed: ClaimedCopy, why: str) -> CopySettlement:
        return CopySettlement(
            claimed.result_id, claimed.number, claimed.token, CopyStatus.FAILED, _plain(why)
        )

    def _again(self, claimed: ClaimedCopy, why: str, asked: float | None = None) -> CopySettlement:
        """`asked`: seconds that the vendor wants to be left alone."""
        now = self._clock()
        due_at = next_try(claimed.tries, now=now, jitter=random.random())  # noqa: S311 - spreads load
        if due_at is None:
            return self._failed(claimed, f"{why} Given up after {claimed.tries + 1} tries over three days.")
        return CopySettlement(
            claimed.result_id,
            claimed.number,
            claimed.token,
            CopyStatus.RETRYING,
            _plain(why),
            max(due_at, now + round((asked or 0) * 1000)),
        )

    def _settle(self) -> None:
        """What cannot be written now is kept and written with the next round."""
        while self._ended:
            self._unsettled.append(self._ended.popleft())
        if self._unsettled:
            stale = self._store.settle_copies(self._unsettled, now=self._clock())
            for each in self._unsettled:
                self._in_hand.discard((each.result_id, each.number, each.token))
                _log(each, refused=each in stale)
            self._unsettled = []

    def _renew(self) -> None:
        now = self._clock()
        if self._in_hand and now >= self._renew_at:
            self._store.renew_copies(self._in_hand, until=now + self._lease_ms)
            self._renew_at = now + self._lease_ms // 3

    def _finish(self) -> None:
        deadline = time.monotonic() + GRACE_SECONDS
        while self._in_hand and time.monotonic() < deadline:
            with tolerate_busy_store():
                self._settle()
                self._renew()
            if self._in_hand:
                self._waiter.wait(0.1)
        with tolerate_busy_store():
            self._store.release_copies(self._in_hand, now=self._clock())
        self._waiter.close()
        log.info("archive stopped", extra={"given_back": len(self._in_hand)})


def _stop_what_kills(claimed: ClaimedCopy) -> None:
    """Interruptions count too, so that a file which ends the process each time is not fetched for ever."""
    if claimed.tries > len(LADDER):
        raise GivenUpError("The relay stopped again and again while it fetched this. Look at its log.")


def _plain(text: str) -> str:
    """Such as every store can keep: no half of a surrogate pair, no NUL."""
    return text.encode("utf-8", "replace").decode().replace("\0", "?")


def _log(settlement: CopySettlement, *, refused: bool) -> None:
    log.info(
        "stale copy refused" if refused else "copy",
        extra={
            "result": settlement.result_id,
            "number": settlement.number,
            "status": settlement.status.value,
            "size": settlement.size,
            "message_text": settlement.note,
        },
    )
