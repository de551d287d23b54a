"""What is sealed and signed."""
