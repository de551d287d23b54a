"""What is kept: one small protocol per room, one implementation per engine."""
