"""Faces: whose they are, who says so, and what follows from it."""
