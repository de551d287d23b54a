"""Bytes in, stored: the signature, the event, who wants it, one transaction."""
