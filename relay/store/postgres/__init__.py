"""The store in a Postgres database: engine, migrations, waking."""
