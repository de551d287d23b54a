"""What a connection is: read, held ready, changed, shown without its secrets."""
