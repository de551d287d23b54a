"""The way in: bytes, signature, event, who wants it."""
