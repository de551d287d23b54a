"""The store's interface, for the rest of the relay."""
