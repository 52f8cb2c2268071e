"""The web tier alone: what it takes of a core for each picture, with a stub in the worker's place."""
