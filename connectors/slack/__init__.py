"""Results as messages in Slack."""
