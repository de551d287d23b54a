"""What the rooms ask of a store."""
