"""The web tier alone, with a stub in the worker's place."""
