"""What the rest of the relay asks of a store."""
