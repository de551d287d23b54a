"""For probes: is the process alive, and could it do its work?"""

import time

from flask import Blueprint, Response, jsonify

from relay.store.contract.reading import ReadingStore

LEAST_FREE_BYTES = 50_000_000


def blueprint(store: ReadingStore) -> Blueprint:
    routes = Blueprint("health", __name__)

    @routes.get("/healthz")
    def alive() -> Response:
        return jsonify(ok=True)

    @routes.get("/readyz")
    def ready() -> tuple[Response, int]:
        """A 503 says which check failed. The oldest due delivery is reported but never makes the relay
        unready: a destination that is down must not take the intake down with it."""
        health = store.health()
        checks = {
            "database": health.writable,
            "migrations": health.migrated,
            "disk": health.free_bytes >= LEAST_FREE_BYTES,
        }
        now = time.time_ns() // 1_000_000
        age = 0.0 if health.oldest_due_at is None else max(0, now - health.oldest_due_at) / 1000
        body = jsonify(
            ready=all(checks.values()),
            checks=checks,
            fault=health.fault,
            free_megabytes=health.free_bytes // 1_000_000,
            oldest_due_delivery_seconds=round(age, 1),
        )
        return body, 200 if all(checks.values()) else 503

    return routes
