"""Results as media of a Shopify product."""
