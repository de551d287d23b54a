"""The sandbox's Shopify."""
