"""Scenarios on the real program, over real sockets and processes."""
