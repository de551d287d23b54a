"""What other companies say of their own APIs: read where it lies beside the repository."""
