"""How tests and people control the sandbox."""
