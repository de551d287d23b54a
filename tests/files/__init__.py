"""The bytes of outputs, by whoever needs them."""
