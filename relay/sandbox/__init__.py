"""The sandbox: a CreativeAI and the destinations on this machine, faithful on the wire."""

from relay.sandbox.app import Sandbox, create_sandbox, serve
from relay.sandbox.config import API_KEY, SIGNING_SECRET, Config
from relay.sandbox.destinations import Order, Received
from relay.sandbox.limits import TIERS, UNLIMITED, Limits
from relay.sandbox.misfortunes import MISFORTUNES, Misfortune
from relay.sandbox.webhooks import Attempt

__all__ = [
    "API_KEY",
    "MISFORTUNES",
    "SIGNING_SECRET",
    "TIERS",
    "UNLIMITED",
    "Attempt",
    "Config",
    "Limits",
    "Misfortune",
    "Order",
    "Received",
    "Sandbox",
    "create_sandbox",
    "serve",
]
