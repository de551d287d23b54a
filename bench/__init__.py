"""Measures the relay against bare baselines in one run; `python -m bench` writes RESULTS.md."""
