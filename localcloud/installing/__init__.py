"""Installs what a `make` target needs. Runs before anything is installed, so it imports nothing."""
