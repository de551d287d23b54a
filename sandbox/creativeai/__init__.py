"""The vendor's API, with its misfortunes."""
