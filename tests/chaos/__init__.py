"""Chaos: everything that can fail is made to fail while pictures with known answers arrive.

`python -m tests.chaos --seconds 600 --seed 1`, or `make chaos`.
"""
