"""The sandbox: a CreativeAI and the destinations on this machine, faithful on the wire."""

from relay.sandbox.app import Sandbox, create_sandbox, serve
from relay.sandbox.book import Booking
from relay.sandbox.config import API_KEY, SIGNING_SECRET, Config
from relay.sandbox.destinations import Order, Received
from relay.sandbox.limits import TIERS, UNLIMITED, Limits
from relay.sandbox.misfortunes import MISFORTUNES, Misfortune
from relay.sandbox.webhooks import Attempt

ORIGINS = (
    "https://api.creativeai.run",
    "https://cdn.creativeai.run",
    "https://hooks.slack.com",
    "https://slack.com",
    "https://api.airtable.com",
    "https://sheets.googleapis.com",
    "https://oauth2.googleapis.com",
    "https://sandbox.myshopify.com",
    "https://shopify-video-production-core-originals.storage.googleapis.com",
)  # what it plays: an origin map leads all of them here

__all__ = [
    "API_KEY",
    "MISFORTUNES",
    "ORIGINS",
    "SIGNING_SECRET",
    "TIERS",
    "UNLIMITED",
    "Attempt",
    "Booking",
    "Config",
    "Limits",
    "Misfortune",
    "Order",
    "Received",
    "Sandbox",
    "create_sandbox",
    "serve",
]
