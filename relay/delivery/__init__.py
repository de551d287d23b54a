"""Owed, then delivered: the policy, the attempt, the worker."""
