"""Owed, then delivered."""
