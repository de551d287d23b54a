"""What every SQL engine shares."""
