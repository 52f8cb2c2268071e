"""Faces as rows: written from replies, named, and shown."""
