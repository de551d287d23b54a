"""The source of the n8n templates: `python -m n8n.source` writes every file that people import."""
