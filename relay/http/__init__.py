"""The only way out: HTTP calls with deadlines, to addresses that may be called."""
