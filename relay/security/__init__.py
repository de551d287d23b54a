"""What is kept secret, and what proves who asks."""
