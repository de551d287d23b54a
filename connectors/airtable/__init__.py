"""Results as rows of an Airtable table."""
