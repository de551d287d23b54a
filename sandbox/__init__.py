"""The sandbox: a CreativeAI and the destinations on this machine, faithful on the wire."""

from sandbox.app import Sandbox, create_sandbox, serve
from sandbox.config import API_KEY, SIGNING_SECRET, Config
from sandbox.creativeai.faults import FAULTS, Fault
from sandbox.creativeai.ledger import LedgerEntry
from sandbox.creativeai.webhooks import Attempt
from sandbox.inboxes import PlannedResponse, Received
from sandbox.rate_limits import TIERS, UNLIMITED, Limits

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
    "https://shopify-staged-uploads.storage.googleapis.com",
)  # the simulated hosts: an origin map leads all of them here

__all__ = [
    "API_KEY",
    "FAULTS",
    "ORIGINS",
    "SIGNING_SECRET",
    "TIERS",
    "UNLIMITED",
    "Attempt",
    "Config",
    "Fault",
    "LedgerEntry",
    "Limits",
    "PlannedResponse",
    "Received",
    "Sandbox",
    "create_sandbox",
    "serve",
]
