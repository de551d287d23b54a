"""The sandbox's own API and page."""
