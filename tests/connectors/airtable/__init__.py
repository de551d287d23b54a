"""The Airtable connector."""
