"""The deploy as a host does it, rehearsed on this machine."""
