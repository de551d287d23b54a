"""The JSON API: one table of operations, and the document made from it."""
