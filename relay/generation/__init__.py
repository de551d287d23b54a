"""A wish, a result: what can be asked for, and the vendor's API that it is asked from."""
