"""The relay with a CreativeAI and destinations of its own, told as a story."""
