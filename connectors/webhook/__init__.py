"""Results as signed webhooks: to anyone, to n8n, to Make."""
