"""The connectors that post to a webhook: n8n, Make, any other."""
