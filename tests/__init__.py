"""Tests: they mirror the code; whole-program scenarios are in `acceptance`, `browser` and `deploy`."""
