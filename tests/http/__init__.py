"""The only way out of the relay, on real sockets."""
