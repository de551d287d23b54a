"""Copies of what was made, under links that outlive the vendor's."""
