"""Incoming webhooks: verify the signature, parse the event, route its results, store them at once."""
