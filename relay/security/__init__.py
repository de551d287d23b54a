"""Encryption of stored secrets, and API tokens."""
