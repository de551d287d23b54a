"""A simulated Shopify store."""
