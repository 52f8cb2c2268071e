"""Hostile input at every door, made by hypothesis: `python -m tests.fuzz TARGET --minutes 10`."""
