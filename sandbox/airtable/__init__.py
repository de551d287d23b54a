"""A simulated Airtable."""
