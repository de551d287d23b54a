"""CreativeAI's API, with its faults."""
