"""Erasing a person from everything the system keeps (decision 0033)."""
