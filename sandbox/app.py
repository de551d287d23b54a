"""Puts the sandbox together: the Flask app of all its parts, and a server of it on loopback.

Real hosts are mapped here by the relay's origin map, so all paths are the real ones.
"""

import ipaddress
import socket
import threading
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flask import Flask, jsonify
from flask.json.provider import DefaultJSONProvider
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from sandbox.airtable.app import airtable
from sandbox.config import Config
from sandbox.control.api import control, send_payload
from sandbox.creativeai.faults import Fault
from sandbox.creativeai.ledger import LedgerEntry
from sandbox.creativeai.output_files import output
from sandbox.creativeai.routes import creativeai
from sandbox.creativeai.vendor import Vendor
from sandbox.creativeai.webhooks import Attempt, Webhooks
from sandbox.errors import ApiError
from sandbox.inboxes import Inboxes, PlannedResponse, Received, destinations
from sandbox.rate_limits import Limits
from sandbox.scheduler import Schedule
from sandbox.server import Handler, Server
from sandbox.sheets.app import sheets
from sandbox.shopify.app import shopify
from sandbox.slack.app import slack

SENDERS = 4  # webhooks that may wait for a slow receiver at the same time


class _Json(DefaultJSONProvider):
    """Fields in the order of the documented samples."""

    sort_keys = False
    ensure_ascii = False
    compact = True


def create_sandbox(config: Config, vendor: Vendor, webhooks: Webhooks, inboxes: Inboxes) -> Flask:
    app = Flask(__name__, static_folder=None)
    app.json = _Json(app)
    app.register_blueprint(creativeai(vendor))
    app.register_blueprint(slack(config, inboxes))
    app.register_blueprint(airtable(config, inboxes))
    app.register_blueprint(sheets(config, inboxes))
    app.register_blueprint(shopify(config, inboxes))
    app.register_blueprint(destinations(inboxes))
    app.register_blueprint(output())
    app.register_blueprint(control(vendor, webhooks, inboxes))

    @app.errorhandler(ApiError)
    def api_error(error: ApiError) -> ResponseReturnValue:
        return jsonify(error.body), error.status, error.headers

    @app.errorhandler(HTTPException)
    def http_error(error: HTTPException) -> ResponseReturnValue:
        code = (error.name or "error").lower().replace(" ", "_")
        return api_error(ApiError(error.code or 500, code, error.description or ""))

    return app


class Sandbox:
    """A running sandbox. Made by `serve`."""

    def __init__(self, config: Config, listener: socket.socket) -> None:
        host, port = listener.getsockname()[:2]
        self.url = f"http://{f'[{host}]' if ':' in host else host}:{port}"
        self.config = replace(config, output_base=config.output_base or f"{self.url}/output")
        self._renders = Schedule(config.clock, config.speed, threads=1, name="renders")
        self._sends = Schedule(config.clock, config.speed, threads=SENDERS, name="webhooks")
        self._webhooks = Webhooks(self.config, self._sends)
        self._vendor = Vendor(self.config, self._renders, self._webhooks)
        self._inboxes = Inboxes(config.clock)
        app = create_sandbox(self.config, self._vendor, self._webhooks, self._inboxes)
        self._server = Server(host, port, app, Handler, fd=listener.fileno())
        self._thread = threading.Thread(
            target=self._server.serve_until_stopped, name="sandbox-http", daemon=True
        )
        self._thread.start()

    def inject(self, *faults: Fault) -> None:
        """All of these happen to the next job that has no faults yet."""
        self._vendor.faults.inject(*faults)

    def inject_lookups(self, fault: Fault, times: int = 1) -> None:
        """The next status requests are rejected, slow, or get no response."""
        self._vendor.faults.inject_lookups(fault, times)

    def plan_response(self, inbox: str, response: PlannedResponse, times: int = 1) -> None:
        """The next requests to this inbox get this response."""
        self._inboxes.plan(inbox, response, times)

    def send(
        self, webhook_url: str, event: str, payload: str | Mapping[str, Any], delivery_id: str = ""
    ) -> None:
        """Send any payload as a signed webhook; a text is sent exactly as it is."""
        part = "raw" if isinstance(payload, str) else "body"
        given = {"webhook_url": webhook_url, "event": event, part: payload, "delivery_id": delivery_id}
        send_payload(self._webhooks, given)

    def limit(self, key: str, limits: Limits) -> None:
        """From now on this API key has these limits."""
        self._vendor.account.limit(key, limits)

    def drop_responses(self, share: float, seed: int = 0) -> None:
        """This share of the requests to destinations is carried out without a response."""
        self._inboxes.drop_responses(share, seed)

    @property
    def attempts(self) -> list[Attempt]:
        """Every call of a webhook, oldest first."""
        return self._webhooks.attempts()

    def received(self, inbox: str | None = None) -> list[Received]:
        """The requests to this inbox, or to all, oldest first. Slack's is called `slack`."""
        return self._inboxes.received(inbox)

    @property
    def credits(self) -> int:
        """The account's credits now; all keys share them."""
        return self._vendor.account.credits

    @property
    def jobs(self) -> list[LedgerEntry]:
        """The ledger: every accepted generation, its parameters and what was paid, by key."""
        return self._vendor.jobs

    @property
    def pending(self) -> int:
        """Renders and webhooks in progress or scheduled; 0 means that nothing more will be sent."""
        return self._renders.pending + self._sends.pending

    @property
    def due(self) -> int:
        """Those among them that are due; 0 means that the sandbox has caught up with its clock."""
        return self._renders.due + self._sends.due

    def wake(self) -> None:
        """Check the clock again after it was moved manually."""
        self._renders.wake()
        self._sends.wake()

    def wait(self) -> None:
        """Until `stop`, or until the process is interrupted."""
        self._thread.join()

    def stop(self) -> None:
        self._server.stop()
        self._thread.join()
        self._server.close_connections()
        self._renders.stop()
        self._sends.stop()
        self._webhooks.close()


def serve(host: str = "127.0.0.1", port: int = 0, config: Config | None = None) -> Sandbox:
    """A sandbox in threads of its own. Port 0: any that is free; `url` says which."""
    address = "127.0.0.1" if host == "localhost" else host
    if not ipaddress.ip_address(address).is_loopback:
        raise ValueError(f"The sandbox has no access control, so it binds to loopback only, not to {host}.")
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.create_server((address, port), family=family) as listener:
        return Sandbox(config or Config(), listener)
