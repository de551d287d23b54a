"""The Slack connectors."""
