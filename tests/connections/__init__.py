"""Connections: what a stored row turns into."""
