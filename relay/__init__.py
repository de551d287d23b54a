"""CreativeAI Relay: every result reaches every tool it belongs in, once in effect."""

__version__ = "0.1.0"
