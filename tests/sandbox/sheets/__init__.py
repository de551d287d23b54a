"""The sandbox's Google Sheets."""
