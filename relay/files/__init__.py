"""The bytes of outputs: fetched from a link, and known by what they begin with."""
