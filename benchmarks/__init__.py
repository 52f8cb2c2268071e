"""Benchmarks, load and soak: they measure the product and are no part of it."""
