"""The sandbox's Airtable."""
