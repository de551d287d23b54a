"""What is peculiar to Postgres."""
