"""The registers that the engine has kernels for, and the best ones of a processor."""

import platform

from recognition.errors import EngineUnavailable
from recognition.native.building import WIDTHS, Width, abilities


def widths_of_machine() -> list[Width]:
    """Those that some processor of this machine's architecture has. Raises EngineUnavailable."""
    machine = platform.machine()
    if found := [width for width in WIDTHS if machine in width.machines]:
        return found
    raise EngineUnavailable(f"it is made for x86-64 and 64-bit ARM, and this machine is {machine}")


def widths_here() -> list[Width]:
    """Those that this processor has, best first. Raises EngineUnavailable where it has none."""
    can = abilities()
    if found := [width for width in widths_of_machine() if width.needed <= can]:
        return found
    raise EngineUnavailable("this processor has neither AVX2 nor AVX-512")
