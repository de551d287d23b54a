"""The only place that wires the rooms together and starts the processes."""
