"""How tests and people steer the sandbox."""
