"""Nets on kernels of our own: C files, compiled once, and loaded by ctypes.

`plan.py` says what a net is, `compiling.py` finds or makes the library, `native_net.py` runs a net
with it. `pyproject.toml` makes a package of the library alone.
"""
