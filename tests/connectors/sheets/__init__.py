"""The Google Sheets connector."""
