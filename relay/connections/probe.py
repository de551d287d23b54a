"""Asks a connection's own service whether deliveries would work, for no longer than a person waits."""

import logging
import threading
from collections.abc import Callable, Mapping
from queue import Empty, SimpleQueue
from typing import Any

from connectors.base import Connector
from relay.connections.loader import LoadedConnection
from relay.errors import RemoteError
from relay.models.connection import CheckResult

log = logging.getLogger(__name__)

PATIENCE = 25.0  # seconds


def check(loaded: LoadedConnection, known: Mapping[str, Any], patience: float = PATIENCE) -> CheckResult:
    """Reads there, and writes nothing."""
    return ask(loaded, known, lambda connector: connector.check(), patience)


def ask(
    loaded: LoadedConnection,
    known: Mapping[str, Any],
    call: Callable[[Connector], CheckResult],
    patience: float = PATIENCE,
) -> CheckResult:
    """Never raises for what the service does, and never takes longer than `patience`. Holds no secret.

    `known`: what deliveries remember for the connection, so that the connector asks what a delivery asks.
    """
    destination = loaded.destination
    if destination is None:
        return CheckResult(False, loaded.fault)
    connector = destination.connector
    ended = SimpleQueue[CheckResult | None]()

    def run() -> None:
        try:
            connector.recall(known)
            ended.put(call(connector))
        except RemoteError as error:
            ended.put(CheckResult(False, error.message))
        except Exception:
            log.exception("connection check broke", extra={"connection": loaded.name})
            ended.put(None)

    threading.Thread(target=run, daemon=True).start()
    try:
        result = ended.get(timeout=patience)
    except Empty:
        return CheckResult(
            False,
            f"No response within {patience:g} seconds. The call may still have its effect: look there, or "
            "try again.",
        )
    if result is None:
        return CheckResult(False, "The relay has a fault of its own here; its log has the details.")
    masked = destination.masked
    return CheckResult(result.ok, masked(result.message), masked(result.link), result.written)
