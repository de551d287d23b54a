"""The store in one SQLite file: engine, migrations, backup, waking."""
