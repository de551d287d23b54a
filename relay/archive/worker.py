"""The worker that archives output files: many at a time, each kept or tried again."""

import contextlib
import logging
import random
import time
from collections.abc import Callable, Sequence
from functools import partial

from relay.archive.download import archive
from relay.archive.storage import GivenUpError, Storage
from relay.errors import RemoteError, StoreBusyError
from relay.files.source import FileSource
from relay.lease_loop import LEASE_MS, LeaseLoop
from relay.models.archive import ClaimedCopy, CopySettlement, CopyStatus
from relay.retry import LADDER, next_try
from relay.store.contract.core import ARCHIVE, ArchiveStore

log = logging.getLogger(__name__)

# Files at a time. A server that says nothing is left after ten seconds, and its file is tried again in slots
# that no new file needs: so files that cannot be had keep none waiting that can.
FIRST_SLOTS = 24
LATER_SLOTS = 8

Lease = tuple[str, int, int]  # (result id, output's number, token)


class ArchiveWorker(LeaseLoop[Lease, CopySettlement]):
    """What is still being fetched after the grace is released; its thread ends with the process."""

    name = "archive"
    grace_seconds = 15.0  # shorter, so that the release is written before hosts kill
    releases_unfinished = True

    def __init__(
        self,
        store: ArchiveStore,
        source: FileSource,
        storage: Storage,
        clock: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
        *,
        lease_ms: int = LEASE_MS,
    ) -> None:
        super().__init__(store.listen(ARCHIVE), clock, lease_ms=lease_ms)
        self._store, self._source, self._storage = store, source, storage
        self._tried: set[Lease] = set()  # of the leases, those in the later slots

    def run(self) -> None:
        with contextlib.suppress(OSError):
            self._storage.sweep(self._clock())
        super().run()

    def _claim(self, now: int) -> int | None:
        self._tried &= self._leases
        later = len(self._tried)
        claimed, next_due_at = self._store.claim_copies(
            now=now,
            lease_until=now + self._lease_ms,
            first=FIRST_SLOTS - (len(self._leases) - later),
            later=LATER_SLOTS - later,
        )
        self._tried.update(each.lease for each in claimed if each.tries)
        for each in claimed:
            self._begin(each.lease, partial(self._archive, each))
        return next_due_at

    def _settle(self, ended: Sequence[CopySettlement]) -> None:
        stale = self._store.settle_copies(ended, now=self._clock())
        for each in ended:
            _log(each, refused=each in stale)

    def _renew(self, leases: set[Lease], until: int) -> None:
        self._store.renew_copies(leases, until=until)

    def _release(self, leases: Sequence[Lease], now: int) -> None:
        self._store.release_copies(leases, now=now)

    def _lease_of(self, ended: CopySettlement) -> Lease:
        return ended.result_id, ended.number, ended.token

    def _archive(self, claimed: ClaimedCopy) -> CopySettlement:
        """Never raises: the settlement says what happened."""
        try:
            _refuse_endless_interruptions(claimed)
            used = self._store.storage_size(self._storage.name)
            stored = archive(claimed, self._source, self._storage, used=used, now=self._clock())
        except GivenUpError as error:
            return self._give_up(claimed, str(error))
        except RemoteError as error:
            return self._retry(claimed, error.message, error.retry_after)
        except StoreBusyError as error:
            return self._retry(claimed, str(error))
        except Exception as error:
            log.exception(
                "archiving failed", extra={"generation": claimed.generation_id, "number": claimed.number}
            )
            return self._retry(
                claimed, f"The relay has an internal error ({type(error).__name__}); the log has the details."
            )
        return CopySettlement(
            result_id=claimed.result_id,
            number=claimed.number,
            token=claimed.token,
            status=CopyStatus.ARCHIVED,
            storage=self._storage.name,
            key=stored.key,
            type=stored.type,
            size=stored.size,
            sha256=stored.sha256,
        )

    def _give_up(self, claimed: ClaimedCopy, why: str) -> CopySettlement:
        return CopySettlement(
            claimed.result_id, claimed.number, claimed.token, CopyStatus.FAILED, _storable(why)
        )

    def _retry(self, claimed: ClaimedCopy, why: str, retry_after: float | None = None) -> CopySettlement:
        """`retry_after`: seconds that CreativeAI asked to wait."""
        now = self._clock()
        due_at = next_try(claimed.tries, now=now, jitter=random.random())  # noqa: S311 - spreads load
        if due_at is None:
            return self._give_up(
                claimed, f"{why} Given up after {claimed.tries + 1} attempts over three days."
            )
        return CopySettlement(
            claimed.result_id,
            claimed.number,
            claimed.token,
            CopyStatus.RETRYING,
            _storable(why),
            max(due_at, now + round((retry_after or 0) * 1000)),
        )


def _refuse_endless_interruptions(claimed: ClaimedCopy) -> None:
    """Interruptions count as attempts: a file that ends the process each time is not fetched for ever."""
    if claimed.tries > len(LADDER):
        raise GivenUpError(
            "The relay was interrupted each time it fetched this file. Check its log for the cause."
        )


def _storable(text: str) -> str:
    """Text that every store can keep: no half of a surrogate pair, no NUL."""
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
