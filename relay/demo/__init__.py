"""The demo: the relay with a simulated CreativeAI and simulated destinations."""
