"""Embedding: a face becomes a vector."""
