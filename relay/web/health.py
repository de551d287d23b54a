"""For probes: is the process alive, and could it do its work?

Strangers learn only yes or no; the log says what is wrong, as does the response to callers that are known.
"""

import logging
import time
from contextlib import suppress
from typing import Protocol

from flask import Blueprint, Response, jsonify

from relay.errors import StoreBusyError
from relay.store.contract.generation import TokenStore
from relay.store.contract.reading import ReadingStore
from relay.web import bearer
from relay.web.auth import Admin

LEAST_FREE_BYTES = 50_000_000
log = logging.getLogger(__name__)


class Store(ReadingStore, TokenStore, Protocol):
    """Health, and who asks."""


def blueprint(store: Store, admin: Admin) -> Blueprint:
    routes = Blueprint("health", __name__)
    last_fault = ""

    @routes.get("/healthz")
    def alive() -> Response:
        return jsonify(ok=True)

    @routes.get("/readyz")
    def ready() -> tuple[Response, int]:
        """The oldest due delivery is reported but never makes the relay unready: a destination that is down
        must not take the intake down with it."""
        nonlocal last_fault
        now = time.time_ns() // 1_000_000
        health = store.health()
        checks = {
            "database": health.writable,
            "migrations": health.migrated,
            "disk": health.free_bytes is None or health.free_bytes >= LEAST_FREE_BYTES,
        }
        failed = [name for name, passed in checks.items() if not passed]
        fault = " ".join([*failed, health.fault]).strip()
        if fault not in ("", last_fault):
            log.warning("not ready", extra={"failed": failed, "why": health.fault})
        last_fault = fault
        status = 503 if failed else 200
        if not _is_known(store, admin, now):
            return jsonify(ready=not failed), status
        age = 0.0 if health.oldest_due_at is None else max(0, now - health.oldest_due_at) / 1000
        body = jsonify(
            ready=not failed,
            checks=checks,
            fault=health.fault,
            free_megabytes=None if health.free_bytes is None else health.free_bytes // 1_000_000,
            oldest_due_delivery_seconds=round(age, 1),
        )
        return body, status

    return routes


def _is_known(store: Store, admin: Admin, now: int) -> bool:
    """Nobody is while the database cannot be read."""
    with suppress(StoreBusyError):
        return bearer.known(store, now=now) is not None or admin.is_signed_in()
    return False
