"""Builds the images of the Containerfile, and runs compose.yaml in them: `make images`."""
