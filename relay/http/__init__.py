"""The only way out: calls with deadlines, to places where we may call."""
