"""Every setting, once."""
