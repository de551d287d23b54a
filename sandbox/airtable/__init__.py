"""An Airtable to play with."""
