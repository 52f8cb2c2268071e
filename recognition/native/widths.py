"""The registers that the engine has kernels for, and the best ones of a processor."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from pathlib import Path

from recognition.errors import EngineUnavailable

PROCESSOR = "ENGINE_PROCESSOR_FILE"
"""Names another description of the processor than Linux's: tests play older ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Width:
    """One kind of registers.

    Parameters:
        machines: names of the architecture, as `platform.machine()` gives them.
        needed: what the processor must say that it can; nothing where all of them can.
        flags: for the compiler.
    """

    name: str
    machines: tuple[str, ...]
    needed: frozenset[str]
    flags: tuple[str, ...]


X86_64 = ("x86_64", "AMD64")

WIDTHS = (
    Width(
        name="avx512",
        machines=X86_64,
        needed=frozenset({"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"}),
        flags=("-march=x86-64-v4", "-mprefer-vector-width=512"),
    ),
    Width(
        name="avx2",
        machines=X86_64,
        needed=frozenset({"avx2", "bmi1", "bmi2", "f16c", "fma", "movbe"}),
        flags=("-march=x86-64-v3",),
    ),
    Width(
        name="neon", machines=("aarch64", "arm64"), needed=frozenset(), flags=("-march=armv8-a",)
    ),
)
"""Best first. `width.h` says how wide each is."""


def widths_of_machine() -> list[Width]:
    """Those that some processor of this machine's architecture has. Raises EngineUnavailable."""
    machine = platform.machine()
    if found := [width for width in WIDTHS if machine in width.machines]:
        return found
    raise EngineUnavailable(f"it is made for x86-64 and 64-bit ARM, and this machine is {machine}")


def widths_here() -> list[Width]:
    """Those that this processor has, best first. Raises EngineUnavailable where it has none."""
    can = _abilities(Path(os.environ.get(PROCESSOR) or "/proc/cpuinfo"))
    if found := [width for width in widths_of_machine() if width.needed <= can]:
        return found
    raise EngineUnavailable("this processor has neither AVX2 nor AVX-512")


def _abilities(processor: Path) -> set[str]:
    """What Linux says that the processor can; nothing where it says nothing."""
    if not processor.exists():
        return set()
    lines = processor.read_text().splitlines()
    return set(next((line for line in lines if line.startswith("flags")), "").split())
