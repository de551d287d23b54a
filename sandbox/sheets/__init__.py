"""A simulated Google Sheets."""
