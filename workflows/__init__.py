"""Deterministic: what happens when, and nothing else. One workflow a file."""
