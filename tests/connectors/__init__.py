"""Connectors, each on its own against a faked wire, and the list that all of them pass."""
