"""A Slack to play with."""
