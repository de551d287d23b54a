"""What is served: webhooks, health, pages."""
