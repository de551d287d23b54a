"""Repositories: what is asked of the database, one module a subject."""
