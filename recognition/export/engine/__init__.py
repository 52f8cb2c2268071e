"""Nets as plans for our own engine."""
