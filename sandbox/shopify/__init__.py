"""A Shopify to play with."""
