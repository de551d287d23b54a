"""What is served: webhooks, health, the page."""
