"""Repositories: the queries and changes of the database, one module per subject."""
