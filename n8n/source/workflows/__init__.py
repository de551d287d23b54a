"""One module for each template; each has `FLOW`-making function `flow` and the words for its page."""
