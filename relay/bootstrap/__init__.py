"""The only place that wires the rooms together, and the processes that come of it."""
