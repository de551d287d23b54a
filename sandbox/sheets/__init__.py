"""A Google Sheets to play with."""
