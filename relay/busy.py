"""A loop outlives a busy store: what could not be written is tried again in its next round."""

import contextlib
import logging
from collections.abc import Iterator

from relay.errors import StoreBusyError

log = logging.getLogger(__name__)


@contextlib.contextmanager
def surviving_a_busy_store() -> Iterator[None]:
    try:
        yield
    except StoreBusyError as error:
        log.warning("store busy", extra={"why": str(error)})
