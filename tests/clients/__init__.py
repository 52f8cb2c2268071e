"""The clients that people install."""
