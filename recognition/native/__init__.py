"""Nets on kernels of our own: C files, compiled once where a compiler is, and loaded by ctypes.

`plan.py` says what a net is, `compiling.py` makes the library, `native_net.py` runs a net with it.
"""
